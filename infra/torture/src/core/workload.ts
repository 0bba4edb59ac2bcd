// What each source of the load sends, and when: a pure function of seed, source and number, so that a source that was
// killed goes on where it should be, and not where it was.
import { randomOf } from './random.ts'

export type Following = 'repeat' | 'keyed repeat' | 'cancel'

export interface Sending {
  readonly token: string
  /** From the start of the load. */
  readonly dueMs: number
  readonly type: 'request' | 'event'
  readonly capability: string
  readonly workflow: string
  readonly priority: 0 | 1 | 2 | 3
  readonly ttlMs: number | null
  /** What follows a while later: the same again, the same under another id and one idempotency key, or its cancellation. */
  readonly followedBy: Following | null
  readonly fillerBytes: number
}

export interface SourcePlan {
  readonly name: string
  readonly perSecond: number
  readonly workflows: number
  /** Sends this many at once, then is silent as long as they would have taken. */
  readonly burst: number
  /** Capabilities and how often each is asked for, as shares of their sum. */
  readonly requests: Readonly<Record<string, number>>
  readonly events: Readonly<Record<string, number>>
  readonly eventShare: number
  /** Of what is sent, how much is followed by what; all but a repeat only on requests. */
  readonly following: Readonly<Partial<Record<Following, number>>>
  /** Classes and their shares; class 0 only where the source may. */
  readonly priorities: readonly number[]
  readonly ttlMs: readonly [least: number, most: number]
}

export const quotaOfFlooder = { ratePerS: 10, burst: 5 }

export const sources = {
  /** A plain Kafka client: it chooses ids by itself, so what was intended is known before anything is sent. */
  plain: {
    name: 'torture-plain', perSecond: 14, workflows: 24, burst: 1, eventShare: 0.35, priorities: [1, 3, 3, 2], ttlMs: [4_000, 9_000],
    following: { repeat: 0.05, 'keyed repeat': 0.05, cancel: 0.04 },
    requests: {
      torture_echo: 8, torture_slow: 3, torture_failing: 3, torture_mute: 1, torture_front: 2, torture_loop: 0.1, torture_poison: 0.1,
      torture_nowhere: 0.5, torture_secret: 0.5
    },
    events: { torture_note: 6, torture_fragile: 1, torture_nowhere: 0.3 }
  },
  /** Over its quota in every burst, so that the mesh has to keep what it sends. */
  flooder: {
    name: 'torture-flooder', perSecond: 7, workflows: 6, burst: 40, eventShare: 0.7, priorities: [0, 1, 2, 2], ttlMs: [6_000, 12_000],
    following: { repeat: 0.02, cancel: 0.02 },
    requests: { torture_echo: 3, torture_slow: 1 }, events: { torture_note: 1 }
  },
  /** An agent made with the SDK, whose clock may be shifted and which may be killed. */
  caller: {
    name: 'torture-caller', perSecond: 8, workflows: 16, burst: 1, eventShare: 0.25, priorities: [2, 2, 3, 1], ttlMs: [4_000, 9_000], following: {},
    requests: { torture_front: 4, torture_echo: 3, torture_failing: 1, torture_slow: 1 }, events: { torture_note: 1 }
  }
} as const satisfies Record<string, SourcePlan>

export function sendingOf (seed: number, source: SourcePlan, number: number): Sending {
  const random = randomOf(seed, source.name, number)
  const type = random.chance(source.eventShare) ? 'event' : 'request'
  const priority = Number(weighted(random.share(), Object.fromEntries(source.priorities.map((share, name) => [name, share])))) as Sending['priority']
  const [least, most] = source.ttlMs
  return {
    token: `${source.name}.${number}`,
    dueMs: Math.floor(number / source.burst) * source.burst / source.perSecond * 1_000,
    type,
    capability: weighted(random.share(), type === 'event' ? source.events : source.requests),
    workflow: `${source.name}.w${random.between(1, source.workflows)}`,
    priority,
    ttlMs: type === 'event' ? null : random.between(least, most),
    followedBy: following(random.share(), source.following, type),
    fillerBytes: random.chance(0.02) ? random.between(2_000, 20_000) : random.between(0, 300)
  }
}

function following (share: number, shares: SourcePlan['following'], type: Sending['type']): Following | null {
  let left = share
  for (const [name, part] of Object.entries(shares) as [Following, number][]) {
    left -= part
    if (left < 0) return type === 'event' && name !== 'repeat' ? null : name
  }
  return null
}

/** The first one that is due at this time or later. */
export const numberAt = (source: SourcePlan, atMs: number): number => Math.ceil(atMs / 1_000 * source.perSecond / source.burst) * source.burst

function weighted (share: number, weights: Readonly<Record<string, number>>): string {
  const entries = Object.entries(weights)
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0)
  let left = share * total
  for (const [name, weight] of entries) {
    left -= weight
    if (left < 0) return name
  }
  return entries.at(-1)![0]
}
