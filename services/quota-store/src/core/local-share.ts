// What a task lets through while the shared count is out of reach: its part of each source's rate, one at a time. Together
// the tasks stay within the rate, wherever they run. Nobody is told of a slow-down: each task would tell its own.
import { Ledger } from './ledger.ts'
import type { QuotaLimits } from './quota-limits.ts'
import type { SlotAnswer, SlotRequest } from './slots.ts'

export function localShare ({ quotaId, ratePerS, outstandingMax }: QuotaLimits, taskCount: number): QuotaLimits {
  return { quotaId, ratePerS: ratePerS / taskCount, burst: 1, outstandingMax: Math.ceil(outstandingMax / taskCount) }
}

/** One count for each task, kept over times of shared counting: being cut off again brings no second start. */
export class LocalShares {
  readonly #taskCount: number
  readonly #tasks = new Map<number, Ledger>()

  constructor (taskCount: number) { this.#taskCount = taskCount }

  reserve (task: number, owner: number, requests: readonly SlotRequest[], nowUs: number): SlotAnswer[] | 'fenced' {
    const ledger = this.#tasks.get(task) ?? new Ledger({ isLocal: true })
    this.#tasks.set(task, ledger)
    const shared = requests.map(request => ({ ...request, limits: localShare(request.limits, this.#taskCount) }))
    return ledger.reserve(task, owner, shared, nowUs)
  }
}
