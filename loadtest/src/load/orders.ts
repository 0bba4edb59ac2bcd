// What the run's own process asks of those that make and take the load, and what they answer; over their IPC channel.
import type { Percentiles } from '../core/latencies.ts'
import type { Workload } from '../core/workload.ts'

/** What every dispatch of the load carries. */
export interface Marked {
  readonly run: number
  readonly n: number
  /** Which of the arrival's handlings it is. */
  readonly place: number
  /** When it should have left, on the machine's monotonic clock. */
  readonly atMs: number
  readonly fill: string
}

/** One run: a warm-up that isn't counted, then the time that is. */
export interface RunOrder {
  readonly order: 'begin'
  /** Tells what comes late from the run before. */
  readonly run: number
  readonly workload: Workload
  /** Arrivals per second; what each makes is the workload's. */
  readonly arrivalsPerS: number
  readonly besidePerS: number
  readonly warmupSeconds: number
  readonly seconds: number
  /** A file with the times of a trace. */
  readonly trace: string | undefined
  readonly seed: number
  /** Of the machine's monotonic clock. */
  readonly startAtMs: number
}

export type Order = RunOrder | { readonly order: 'report' } | { readonly order: 'count' }

/** What came of what was sent. */
export interface DriverReport {
  /** Of the whole run, warm-up too. */
  readonly arrivals: number
  readonly requests: number
  readonly replied: number
  /** Refused, failed or not acknowledged: each with its reason. */
  readonly ended: Readonly<Record<string, number>>
  /** Arrivals in the counted time. */
  readonly counted: number
  /** From when an arrival should have left to when it did, milliseconds. */
  readonly lateMs: Percentiles | undefined
  /** HdrHistograms by class, compressed: answers, from the handler's end to the caller's promise. */
  readonly replies: readonly string[]
  /** Arrivals that were not made because too many were under way. */
  readonly skipped: number
}

export interface TakerReport {
  /** Base64: one bit for each place. */
  readonly bits: string
  readonly count: number
  readonly doubled: number
  readonly outOfOrder: number
  /** When the last one was handled, on the machine's monotonic clock. */
  readonly lastAtMs: number
  /** HdrHistograms by class, compressed: from the intended send to the handler; and answers that handlers waited for. */
  readonly latencies: readonly string[]
  readonly replies: readonly string[]
  readonly ended: Readonly<Record<string, number>>
}

export interface Counts { readonly sent: number, readonly finished: number, readonly handled: number, readonly isOver: boolean }
export const noCounts: Counts = { sent: 0, finished: 0, handled: 0, isOver: true }

export interface OrderHandlers {
  readonly begin?: (order: RunOrder) => void
  readonly count?: () => Counts
  readonly report?: () => DriverReport | TakerReport
  /** The process ends by itself when it resolves. */
  readonly stop: () => Promise<unknown>
}

/** Carries out what the run's own process orders; says first that this one is ready. */
export function serveOrders (handlers: OrderHandlers): void {
  process.on('message', message => {
    const { id, order } = message as { id: number, order: Order }
    void carryOut(order).then(
      result => process.send?.({ id, result }),
      (error: Error) => process.send?.({ id, problem: error.stack ?? error.message })
    )
  })
  // Its maker has gone, however: nobody waits for what it does.
  process.once('disconnect', () => process.exit(1))
  process.once('SIGTERM', () => void handlers.stop().finally(() => process.exit()))
  process.send?.({ ready: true })

  async function carryOut (order: Order): Promise<unknown> {
    if (order.order === 'begin') return handlers.begin?.(order)
    return order.order === 'count' ? handlers.count?.() : handlers.report?.()
  }
}
