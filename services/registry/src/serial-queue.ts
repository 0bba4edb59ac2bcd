// One thing after another, with a bound.
//
// Q1. Work runs in the order it was given, and the next begins when the last has ended, well or badly.
// Q2. Beyond `waitingMax` waiting entries new work is refused at once with BUSY; nothing waits without bound.

import { CodedError } from '@mesh/runtime'

export interface SerialQueue {
  run<T> (work: () => Promise<T>): Promise<T>
}

export function createSerialQueue ({ waitingMax }: { readonly waitingMax: number }): SerialQueue {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  return {
    async run (work) {
      if (waiting >= waitingMax) throw new CodedError('BUSY', `${waiting} requests wait already`, { retriable: true })
      waiting++
      const before = last
      const result = before.then(work, work)
      last = result.catch(() => undefined)
      try {
        return await result
      } finally {
        waiting--
      }
    }
  }
}
