// A store for one process, of the same rules: for tests of what uses a store.
import { Ledger } from './core/ledger.ts'
import { fenced, type QuotaStore } from './quota-store.ts'

/**
 * Nothing is shared and nothing outlives it.
 *
 * @example const quotas = createMemoryQuotaStore(() => clock.nowMs)
 */
export function createMemoryQuotaStore (nowMs: () => number): QuotaStore {
  const ledger = new Ledger({ epochUs: 0 })
  const nowUs = () => Math.floor(nowMs() * 1000)
  return {
    async reserve (task, owner, requests) {
      const answers = ledger.reserve(task, owner, requests, nowUs())
      if (answers === 'fenced') throw fenced(task)
      return answers
    },
    async episode (source, episode) { return ledger.episode(source, episode, nowUs()) },
    async usage () { return ledger.usage(nowUs()) },
    problem: () => undefined,
    async close () {}
  }
}
