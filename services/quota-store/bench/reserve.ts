// What a dispatch's quota costs: microseconds per dispatch, for rounds of several sizes, on the Redis at REDIS_URL.
// Run it with `node services/quota-store/bench/reserve.ts`.
import { randomBytes } from 'node:crypto'
import { createLogger } from '@mesh/runtime'
import { type SlotRequest, startQuotaStore } from '@mesh/quota-store'

const redisUrl = process.env.REDIS_URL ?? 'redis://127.0.0.1:26379'
const limits = { quotaId: 'role/bot', ratePerS: 100_000, burst: 100_000, outstandingMax: 100_000 }
const sourceCounts = [1, 50]
const roundSizes = [1, 100, 500]
const secondsEach = 2

const store = await startQuotaStore({ redisUrl, namespace: `bench-${randomBytes(4).toString('hex')}`, taskCount: 1, logger: createLogger({ name: 'bench', level: 'warn' }) })
if (store.problem() !== undefined) throw new Error(`${redisUrl}: ${store.problem()}`)

process.stdout.write('sources  round   µs/dispatch   ms/round p50   p99\n')
let offset = 0
for (const sourceCount of sourceCounts) {
  for (const size of roundSizes) {
    const roundsMs: number[] = []
    const endMs = performance.now() + secondsEach * 1000
    while (performance.now() < endMs) {
      const round = Array.from({ length: size }, (_, i): SlotRequest =>
        ({ lane: 2, offset: offset++, source: `agent-${i % sourceCount}`, isUrgent: false, limits, delayMsMax: null }))
      const startMs = performance.now()
      const answers = await store.reserve(0, 1, round)
      roundsMs.push(performance.now() - startMs)
      if (answers.some(({ isLocal }) => isLocal)) throw new Error(`not counted in Redis: ${store.problem()}`)
    }
    roundsMs.sort((a, b) => a - b)
    const at = (part: number) => roundsMs[Math.floor(part * (roundsMs.length - 1))]!.toFixed(2)
    const perDispatch = roundsMs.reduce((sum, ms) => sum + ms, 0) * 1000 / (roundsMs.length * size)
    process.stdout.write(`${String(sourceCount).padStart(7)}${String(size).padStart(7)}${perDispatch.toFixed(1).padStart(14)}${at(0.5).padStart(15)}${at(0.99).padStart(7)}\n`)
  }
}
await store.close()
