// A workload as data: what its YAML file may say, with bounds, so that one mistake is a message and not a strange figure.
import { z } from 'zod'

const share = z.number().min(0).max(1)
const shares = (count: number) => z.array(share).length(count).refine(sumsToOne, 'the shares do not sum to 1')
const sumsToOne = (given: readonly number[]): boolean => Math.abs(given.reduce((sum, each) => sum + each, 0) - 1) < 1e-6

/** When dispatches are meant to leave. `perS` counts records on the dispatch topics: replies and later hops are among them. */
const arrivals = z.strictObject({
  /** A trace is a file that the user names: its times, scaled to the rate. */
  process: z.enum(['constant', 'poisson', 'trace']),
  perS: z.number().positive().max(200_000)
})

const payload = z.strictObject({ bytes: z.number().int().min(64).max(500_000), share })

const agents = z.strictObject({
  sources: z.number().int().min(1).max(50),
  targets: z.number().int().min(1).max(5_000),
  /** Handlers at once, of each target. */
  maxConcurrent: z.number().int().min(1).max(100_000).default(2_000),
  /** Which target is asked: each as often as another, or the k-th as often as 1/k. */
  popularity: z.enum(['uniform', 'zipf']).default('uniform'),
  /** `sdk`: agents as their authors write them. `plain`: registered, and their inboxes read by one plain consumer, where thousands would not fit a process. */
  reader: z.enum(['sdk', 'plain']).default('sdk'),
  inboxPartitions: z.number().int().min(1).max(32).default(4)
})

const service = z.strictObject({
  /** How long a handler takes, milliseconds: exponential around the mean, or nothing. */
  meanMs: z.number().min(0).max(60_000).default(0),
  /** Of handlers that are to fail. */
  failureRate: share.default(0)
})

/** A second stream beside the first, of one class. */
const beside = z.strictObject({ priority: z.number().int().min(0).max(3), perS: z.number().positive().max(200_000) })

export const workloadSchema = z.strictObject({
  about: z.string().min(1),
  seconds: z.number().min(1).max(3_600),
  warmupSeconds: z.number().min(0).max(600).default(15),
  arrivals,
  beside: beside.optional(),
  /** Conversations or jobs going on at once; each keeps its order. */
  workflows: z.number().int().min(1).max(1_000_000),
  /** Of what sources begin, how much asks for an answer; the rest are events. */
  requestShare: share.default(0),
  /** P0 to P3. */
  priorities: shares(4),
  payloads: z.array(payload).min(1).max(10).refine(each => sumsToOne(each.map(one => one.share)), 'the shares do not sum to 1'),
  agents,
  service: service.prefault({}),
  /** Agents that one request passes, each asking the next. */
  chainDepth: z.number().int().min(1).max(6).default(1),
  /** Events that the target of a dispatch sends on. */
  fanOut: z.number().int().min(0).max(20).default(0),
  tasks: z.number().int().min(1).max(64).default(1),
  coordinators: z.number().int().min(1).max(8).default(1),
  /** Runs it once for each. */
  sweep: z.strictObject({ path: z.enum(['agents.targets', 'coordinators', 'tasks', 'agents.popularity']), values: z.array(z.union([z.number(), z.string()])).min(1).max(8) }).optional(),
  /** Finds the highest rate that holds; `arrivals.perS` is where it begins. */
  search: z.strictObject({ p99MsMax: z.number().positive(), holdSeconds: z.number().min(5).max(600) }).optional(),
  floors: z.boolean().default(true)
}).superRefine((given, context) => {
  const problem = (message: string) => context.addIssue({ code: 'custom', message })
  if (given.chainDepth > 1 && given.requestShare < 1) problem('a chain is made of requests: requestShare must be 1')
  if (given.chainDepth > 1 && given.fanOut > 0) problem('chainDepth and fanOut exclude each other')
  if (given.agents.targets < Math.max(given.chainDepth, given.fanOut + 1)) problem('there are fewer targets than one dispatch passes')
  if (given.agents.reader === 'plain' && (given.requestShare > 0 || given.fanOut > 0)) problem('a plain reader answers nothing: events only')
})

export type Workload = z.output<typeof workloadSchema>

/**
 * Dispatches, records on the dispatch topics, that one arrival makes: a request is two with its answer.
 *
 * @example dispatchesOf({ chainDepth: 6, requestShare: 1, fanOut: 0 }) // 12
 */
export function dispatchesOf ({ chainDepth, requestShare, fanOut }: Pick<Workload, 'chainDepth' | 'requestShare' | 'fanOut'>): number {
  return chainDepth * (1 + requestShare) + fanOut
}

/** Places of one arrival at which a handler begins: hops of its chain, or the target and those it tells. */
export function handlingsOf ({ chainDepth, fanOut }: Pick<Workload, 'chainDepth' | 'fanOut'>): number {
  return chainDepth + fanOut
}

/** The same arrivals for a floor, where a dispatch is a record and no more: replies and hops are arrivals too. */
export function asRecords (workload: Workload): Workload {
  return { ...workload, requestShare: 0, chainDepth: 1, fanOut: 0, service: { meanMs: 0, failureRate: 0 } }
}
