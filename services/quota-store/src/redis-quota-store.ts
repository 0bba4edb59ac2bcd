// Shared counting in Redis, and the local share where that is out of reach.
//
// Invariants:
//   Q1. One script call answers a round of a task; times are those of Redis, and delays leave here.
//   Q2. Trouble with Redis makes answers local and says so in each; it never makes them fail, wait, or be unlimited.
//   Q3. An owner that was told of a later one spends nothing, neither shared nor local.
import type { Logger } from '@mesh/runtime'
import { answerOf, usageOf } from './core/ledger.ts'
import { LocalShares } from './core/local-share.ts'
import type { EpisodeAnswer, QuotaUsage, SlotAnswer, SlotRequest } from './core/slots.ts'
import { fenced, type QuotaStore } from './quota-store.ts'
import { loadScript, RedisLink } from './redis-link.ts'
import { commonMs, readSlots, readState, reserveCall } from './reserve-call.ts'

export interface QuotaStoreOptions {
  readonly redisUrl: string
  readonly namespace: string
  /** Of the whole mesh: a task's local share is that part of each rate. */
  readonly taskCount: number
  readonly logger: Logger
  readonly monotonicMs?: () => number
}

/** When to ask about an episode again that nobody can answer for just now. */
const episodeAgainMs = 1_000
const usageSourcesMax = 10_000
const reserveScript = loadScript('reserve.lua')
const epochScript = loadScript('epoch.lua')
const episodeScript = loadScript('episode.lua')
const usageScript = loadScript('usage.lua')

/** Resolves also while Redis is away: then it counts locally until Redis is back. */
export async function startQuotaStore (options: QuotaStoreOptions): Promise<QuotaStore> {
  const { redisUrl, namespace, taskCount, logger, monotonicMs = () => performance.now() } = options
  const keys = quotaKeys(namespace)
  const link = new RedisLink({ redisUrl, probe: { script: epochScript, keys: [keys.epoch], args: [commonMs] }, logger })
  await link.start()
  return new RedisQuotaStore(link, keys, new LocalShares(taskCount), () => Math.floor(monotonicMs() * 1000))
}

const quotaKeys = (namespace: string) => ({
  epoch: `${namespace}:quota:epoch`,
  sources: `${namespace}:quota:source`,
  source: (name: string) => `${namespace}:quota:source:${name}`,
  task: (task: number) => `${namespace}:quota:task:${task}`
})

class RedisQuotaStore implements QuotaStore {
  readonly #link: RedisLink
  readonly #keys: ReturnType<typeof quotaKeys>
  readonly #local: LocalShares
  readonly #nowUs: () => number

  constructor (link: RedisLink, keys: ReturnType<typeof quotaKeys>, local: LocalShares, nowUs: () => number) {
    this.#link = link
    this.#keys = keys
    this.#local = local
    this.#nowUs = nowUs
  }

  async reserve (task: number, owner: number, requests: readonly SlotRequest[]): Promise<SlotAnswer[]> {
    if (requests.length === 0) return []
    const { sources, packed } = reserveCall(owner, requests)
    const keys = [this.#keys.epoch, this.#keys.task(task), this.#keys.sources, ...sources.map(this.#keys.source)]
    const shared = await this.#shared(async () => {
      const { nowUs, slots } = readSlots(await this.#link.run(reserveScript, keys, [packed]) as Buffer)
      return slots.map(slot => answerOf(slot, nowUs, false))
    })
    const answers = shared ?? this.#local.reserve(task, owner, requests, this.#nowUs())
    if (answers === 'fenced') throw fenced(task)
    return answers
  }

  async episode (source: string, episode: string): Promise<EpisodeAnswer> {
    const answer = await this.#shared(async () => {
      const [isCleared, leftUs] = await this.#link.run(episodeScript, [this.#keys.source(source)], [episode]) as [number, Buffer]
      return { isCleared: isCleared === 1, clearsInMs: Number(leftUs) / 1000 }
    })
    return answer === undefined || answer === 'fenced' ? { isCleared: false, clearsInMs: episodeAgainMs } : answer
  }

  async usage (): Promise<QuotaUsage[]> {
    const found = await this.#shared(async () => await this.#link.run(usageScript, [this.#keys.sources], [usageSourcesMax]) as [Buffer, ...Buffer[]])
    if (found === undefined || found === 'fenced') return []
    const [now, ...rest] = found
    const nowUs = Number(now)
    return Array.from({ length: rest.length / 2 }, (_, i) => usageOf(String(rest[2 * i]), readState(rest[2 * i + 1]!), nowUs))
  }

  problem (): string | undefined { return this.#link.problem }

  close (): Promise<void> { return this.#link.close() }

  /** Undefined where the shared count can't be reached. */
  async #shared<T> (ask: () => Promise<T>): Promise<T | 'fenced' | undefined> {
    if (this.#link.problem !== undefined) return undefined
    try {
      return await ask()
    } catch (error) {
      const { message } = error as Error
      if (message.startsWith('FENCED')) return 'fenced'
      this.#link.failed(message)
      return undefined
    }
  }
}
