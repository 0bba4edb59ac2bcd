// What the n-th arrival is: a function of the workload, the seed and n alone, so that whoever handles it can be checked
// without being told.
import { randomFrom, weightedPick } from './random.ts'
import { handlingsOf, type Workload } from './workload.ts'

export interface Arrival {
  readonly workflow: number
  readonly priority: 0 | 1 | 2 | 3
  readonly isRequest: boolean
  readonly target: number
  readonly bytes: number
}

export type Mix = (n: number) => Arrival

type Mixed = Pick<Workload, 'agents' | 'priorities' | 'payloads' | 'workflows' | 'requestShare' | 'chainDepth' | 'fanOut'>

/** Odd, so that neighbours begin far apart. */
const spread = 0x9E3779B1

export function mixOf (workload: Mixed, seed: number): Mix {
  const { agents, priorities, payloads, workflows, requestShare } = workload
  // A chain, or what is told, goes to the targets after the first.
  const firsts = agents.targets - handlingsOf(workload) + 1
  const target = weightedPick(Array.from({ length: firsts }, (_, k) => agents.popularity === 'zipf' ? 1 / (k + 1) : 1))
  const priority = weightedPick(priorities)
  const payload = weightedPick(payloads.map(({ share }) => share))
  return n => {
    const random = randomFrom(Math.imul(n + 1, spread) ^ seed)
    return {
      workflow: Math.floor(random() * workflows),
      priority: priority(random()) as Arrival['priority'],
      isRequest: random() < requestShare,
      target: target(random()),
      bytes: payloads[payload(random())]!.bytes
    }
  }
}
