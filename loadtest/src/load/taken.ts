// What those that take the load have seen of it.
import { Handled } from '../core/handled.ts'
import { Latencies } from '../core/latencies.ts'
import { mixOf, type Mix } from '../core/mix.ts'
import { handlingsOf } from '../core/workload.ts'
import { monotonicMs } from './monotonic.ts'
import type { Marked, RunOrder, TakerReport } from './orders.ts'

/** Of the run that goes on. */
export class Taken {
  #run: RunOrder | undefined
  #mix: Mix | undefined
  #handled = new Handled()
  #latencies = new Latencies()
  #replies = new Latencies()
  #ended: Record<string, number> = {}
  #lastAtMs = 0

  begin (run: RunOrder): void {
    this.#run = run
    this.#mix = mixOf(run.workload, run.seed)
    this.#handled = new Handled()
    this.#latencies = new Latencies()
    this.#replies = new Latencies()
    this.#ended = {}
  }

  get count (): number { return this.#handled.count }

  /** False for what is left of an earlier run. */
  note ({ run, n, place, atMs }: Marked, priority: number, target: number): boolean {
    const of = this.#run
    if (of === undefined || run !== of.run) return false
    const { workload } = of
    const lane = place === 0 ? (this.#mix!(n).workflow * 4 + priority) * workload.agents.targets + target : undefined
    this.#handled.note(n * handlingsOf(workload) + place, lane, n)
    this.#lastAtMs = monotonicMs()
    if (atMs >= of.startAtMs + of.warmupSeconds * 1_000) this.#latencies.record(priority, this.#lastAtMs - atMs)
    return true
  }

  reply (priority: number, atMs: number): void {
    if (this.#run !== undefined && atMs >= this.#run.startAtMs + this.#run.warmupSeconds * 1_000) this.#replies.record(priority, monotonicMs() - atMs)
  }

  end (code: string): void { this.#ended[code] = (this.#ended[code] ?? 0) + 1 }

  report (): TakerReport {
    const { bits, count, doubled, outOfOrder } = this.#handled.report()
    return {
      bits: Buffer.from(bits).toString('base64'), count, doubled, outOfOrder, lastAtMs: this.#lastAtMs,
      latencies: this.#latencies.encoded(), replies: this.#replies.encoded(), ended: this.#ended
    }
  }
}
