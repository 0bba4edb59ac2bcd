// Where a workload is run, at any rate: the mesh, or a floor. Both are offered the same arrivals and are counted in the same way.
import type { Stage } from '@mesh/stage'
import { setTimeout as pause } from 'node:timers/promises'
import { mergeHandled } from '../core/handled.ts'
import { Latencies } from '../core/latencies.ts'
import { lostOf, type Measured, perPriorityOf } from '../core/measured.ts'
import { dispatchesOf, handlingsOf, type Workload } from '../core/workload.ts'
import { monotonicMs } from '../load/monotonic.ts'
import type { Counts, DriverReport, RunOrder, TakerReport } from '../load/orders.ts'
import { cpuBetween, cpuOf, residentMb } from './cpu.ts'
import type { LoadProcess } from './load-process.ts'

export interface Ground {
  readonly stage: Stage
  readonly driver: LoadProcess
  readonly takers: readonly LoadProcess[]
}

export interface Offer {
  readonly workload: Workload
  readonly perS: number
  readonly warmupSeconds: number
  readonly seconds: number
  readonly trace: string | undefined
  readonly onProgress: (line: string) => void
  readonly signal: AbortSignal
}

const startInMs = 500
const lookMs = 500
/** After the last arrival: how long it may take until all is handled, and how long nothing may move. */
const settleMsMax = 120_000
const stillMsMax = 15_000
let runs = 0

export async function offer ({ stage, driver, takers }: Ground, offered: Offer): Promise<Measured> {
  const { workload, perS, warmupSeconds, seconds, trace, onProgress, signal } = offered
  const arrivalsPerS = perS / dispatchesOf(workload)
  const order: RunOrder = {
    order: 'begin', run: ++runs, workload, arrivalsPerS, besidePerS: workload.beside?.perS ?? 0, warmupSeconds, seconds, trace, seed: runs,
    startAtMs: monotonicMs() + startInMs
  }
  await Promise.all(takers.map(taker => taker.ask(order)))
  await driver.ask(order)
  const watch = new Watch({ driver, takers }, onProgress, signal)
  await watch.until(order.startAtMs + warmupSeconds * 1_000, 'warming up')
  const before = cpuOf(stage)
  await watch.until(order.startAtMs + (warmupSeconds + seconds) * 1_000, `${Math.round(perS)}/s`)
  const cpuSeconds = cpuBetween(before, cpuOf(stage))
  const resident = residentMb(stage)
  await watch.settle(handlingsOf(workload))

  const sent = await driver.ask<DriverReport>({ order: 'report' })
  const taken = await Promise.all(takers.map(taker => taker.ask<TakerReport>({ order: 'report' })))
  const handled = mergeHandled(taken.map(({ bits, ...rest }) => ({ bits: Buffer.from(bits, 'base64'), ...rest })))
  const latencies = new Latencies()
  for (const each of taken) latencies.add(new Latencies(each.latencies))
  const answers = new Latencies(sent.replies)
  for (const each of taken) answers.add(new Latencies(each.replies))
  const ended = sumOf([sent.ended, ...taken.map(each => each.ended)])
  const handlings = handlingsOf(workload)
  const lastAtMs = Math.max(...taken.map(each => each.lastAtMs))
  const tookS = Math.max(seconds, (lastAtMs - order.startAtMs) / 1_000 - warmupSeconds)
  return {
    seconds, offeredPerS: Math.round(sent.counted * dispatchesOf(workload) / seconds), deliveredPerS: Math.round((latencies.count + answers.count) / tookS),
    latencyMs: latencies.all(), perPriority: perPriorityOf(latencies), answersMs: answers.all(), lateMs: sent.lateMs,
    lost: lostOf({ handled, places: sent.arrivals * handlings, requests: sent.requests, replied: sent.replied, skipped: sent.skipped, ended, handlings }),
    duplicated: handled.doubled, outOfOrder: handled.outOfOrder, skipped: sent.skipped, arrivals: sent.arrivals, ended, cpuSeconds, residentMb: resident
  }
}

class Watch {
  readonly #ground: Pick<Ground, 'driver' | 'takers'>
  readonly #onProgress: (line: string) => void
  readonly #signal: AbortSignal

  constructor (ground: Pick<Ground, 'driver' | 'takers'>, onProgress: (line: string) => void, signal: AbortSignal) {
    this.#ground = ground
    this.#onProgress = onProgress
    this.#signal = signal
  }

  async until (atMs: number, phase: string): Promise<void> {
    for (;;) {
      const leftMs = atMs - monotonicMs()
      if (leftMs <= 0) return
      await pause(Math.min(lookMs, leftMs), undefined, { signal: this.#signal })
      if (leftMs > 2 * lookMs) this.#say(phase, await this.#counts())
    }
  }

  /** Until everything was handled or has ended, or nothing moves any more. */
  async settle (handlings: number): Promise<void> {
    const untilMs = monotonicMs() + settleMsMax
    let last = await this.#counts()
    for (let movedAtMs = monotonicMs(); monotonicMs() < Math.min(untilMs, movedAtMs + stillMsMax);) {
      const counts = await this.#counts()
      if (counts.isOver && counts.handled >= counts.sent * handlings) return
      if (counts.handled !== last.handled || counts.sent !== last.sent || counts.finished !== last.finished) movedAtMs = monotonicMs()
      last = counts
      this.#say('coming to rest', counts)
      await pause(lookMs, undefined, { signal: this.#signal })
    }
  }

  #say (phase: string, { sent, handled }: Counts): void { this.#onProgress(`${phase}: ${sent} arrived, ${handled} handled`) }

  async #counts (): Promise<Counts> {
    const [driver, ...takers] = await Promise.all([this.#ground.driver, ...this.#ground.takers].map(process => process.ask<Counts>({ order: 'count' })))
    return { ...driver!, handled: takers.reduce((sum, { handled }) => sum + handled, 0) }
  }
}

function sumOf (counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {}
  for (const each of counts) for (const [name, count] of Object.entries(each)) sum[name] = (sum[name] ?? 0) + count
  return sum
}
