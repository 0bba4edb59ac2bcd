// Sends what is to arrive, when it is to arrive, whatever has become of what went before.
//
// Invariants:
//   V1. Arrivals don't wait for answers, and a late one counts from when it should have left.
//   V2. At most `underWayMax` are under way; what comes then is skipped and counted, and the run fails for it: a mesh that is
//       so far behind is measured by its delay already.
//   V3. Each arrival ends once: handed over (an event), answered (a request), or ended with a reason.
import { Latencies } from '../core/latencies.ts'
import { type Arrival, mixOf, type Mix } from '../core/mix.ts'
import { monotonicMs } from './monotonic.ts'
import type { Counts, DriverReport, Marked, RunOrder } from './orders.ts'

const underWayMax = 200_000
const tickMs = 1

/** One arrival, as it leaves. */
export interface Begun {
  readonly arrival: Arrival
  readonly priority: Arrival['priority']
  readonly input: Marked
}

/** What takes arrivals to where they are handled: agents of the mesh, or a plain producer. */
export interface Sources {
  /** Calls one of the two, once: for a request `done` with the time at which its handler was done. */
  begin (begun: Begun, done: (answeredAtMs?: number) => void, fail: (code: string) => void): void
}

/** Intended times in order, and which of them are of the stream beside. */
export interface Timetable { readonly atMs: Float64Array, readonly isBeside: Uint8Array }

export class Driver {
  readonly #sources: Sources
  readonly #run: RunOrder
  readonly #times: Timetable
  readonly #mix: Mix
  readonly #replies = new Latencies()
  /** All of it in one class: how late what should have left did leave. */
  readonly #late = new Latencies()
  readonly #ended: Record<string, number> = {}
  readonly #fills = new Map<number, string>()
  #sent = 0
  #finished = 0
  #requests = 0
  #replied = 0
  #counted = 0
  #skipped = 0

  constructor (sources: Sources, run: RunOrder, times: Timetable) {
    this.#sources = sources
    this.#run = run
    this.#times = times
    this.#mix = mixOf(run.workload, run.seed)
    for (const { bytes } of run.workload.payloads) this.#fills.set(bytes, 'x'.repeat(Math.max(0, bytes - markedBytes)))
  }

  get counts (): Counts {
    const isOver = this.#sent === this.#times.atMs.length && this.#finished === this.#sent
    return { sent: this.#sent, finished: this.#finished, handled: this.#replied, isOver }
  }

  refused (code: string): void { this.#end(code) }

  /** Resolves when the last one has left. */
  async send (): Promise<void> {
    const { startAtMs } = this.#run
    const { atMs } = this.#times
    while (this.#sent < atMs.length) {
      const nowMs = monotonicMs() - startAtMs
      while (this.#sent < atMs.length && atMs[this.#sent]! <= nowMs) this.#one(this.#sent++)
      await new Promise(resolve => setTimeout(resolve, tickMs))
    }
  }

  #one (n: number): void {
    const { run, workload, startAtMs, warmupSeconds } = this.#run
    if (this.#sent - this.#finished > underWayMax) {
      this.#skipped++
      this.#finished++
      return
    }
    const arrival = this.#mix(n)
    const atMs = startAtMs + this.#times.atMs[n]!
    const isBeside = this.#times.isBeside[n] === 1
    const priority = isBeside ? workload.beside!.priority as 0 | 1 | 2 | 3 : arrival.priority
    if (atMs >= startAtMs + warmupSeconds * 1_000) {
      this.#counted++
      this.#late.record(0, monotonicMs() - atMs)
    }
    if (arrival.isRequest) this.#requests++
    this.#sources.begin({ arrival, priority, input: { run, n, place: 0, atMs, fill: this.#fills.get(arrival.bytes)! } }, answeredAtMs => {
      this.#finished++
      if (answeredAtMs === undefined) return
      this.#replied++
      if (atMs >= startAtMs + warmupSeconds * 1_000) this.#replies.record(priority, monotonicMs() - answeredAtMs)
    }, code => {
      this.#finished++
      this.#end(code)
    })
  }

  #end (code: string): void { this.#ended[code] = (this.#ended[code] ?? 0) + 1 }

  report (): DriverReport {
    return {
      arrivals: this.#times.atMs.length, requests: this.#requests, replied: this.#replied, ended: this.#ended, counted: this.#counted,
      lateMs: this.#late.ofPriority(0), replies: this.#replies.encoded(), skipped: this.#skipped
    }
  }
}

/** What the payload's other fields take, about. */
const markedBytes = 60
