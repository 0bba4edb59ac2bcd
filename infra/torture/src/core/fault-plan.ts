// Which faults a run gets, and when: a pure function of the seed.
//
// Invariants:
//   P1. Every kind comes before the deck is dealt again, kills first of all, as far as time allows.
//   P2. A target has one fault at a time; all faults are over, and their targets back, `quietMs` before the end.
//   P3. A fault is data: it can be printed, and applied by hand.
import { type Random, randomOf } from './random.ts'

export const faultKinds = [
  'kill', 'stop', 'restart-broker', 'kill-broker', 'empty-redis', 'stop-postgres', 'slow-agents', 'garbage', 'shift-clock'
] as const
export type FaultKind = typeof faultKinds[number]

export interface Fault {
  readonly atMs: number
  readonly kind: FaultKind
  /** The process or part that it hits. */
  readonly target: string
  /** Until it is over: continued, started again, undone. */
  readonly lastsMs: number
  /** How much: milliseconds of shift or of slowness, number of records. */
  readonly amount: number
}

export interface Targets {
  readonly coordinators: readonly string[]
  /** Governor, archiver, registry. */
  readonly services: readonly string[]
  readonly agents: readonly string[]
  /** The agent process whose clock can be shifted. */
  readonly shifted: string
}

export const quietMs = 3_000
/** A broker away, and everything that comes back after it, needs more than a process. */
const partMs: Readonly<Partial<Record<FaultKind, number>>> = { 'restart-broker': 9_000, 'kill-broker': 10_000 }

export function planFaults (seed: number, runMs: number, targets: Targets): Fault[] {
  const random = randomOf(seed, 'faults')
  const plan: Fault[] = []
  const freeAtMs = new Map<string, number>()
  let deck: FaultKind[] = []
  for (let atMs = random.between(2_000, 4_000); ; atMs += random.between(1_500, 5_000)) {
    // However short the run, it begins with a kill.
    if (deck.length === 0) deck = plan.length === 0 ? ['kill', ...dealt(random)] : dealt(random)
    const kind = deck[0]!
    const lastsMs = lasting(kind, random)
    if (atMs + lastsMs > runMs - quietMs) {
      // What is short may still fit.
      const shorter = deck.findIndex(other => other === 'kill' || other === 'garbage' || other === 'empty-redis')
      if (atMs > runMs - quietMs - 500 || shorter < 0 || shorter === 0) return plan
      deck.unshift(...deck.splice(shorter, 1))
      continue
    }
    const target = targetOf(kind, random, targets)
    if ((freeAtMs.get(target) ?? 0) > atMs) continue
    deck.shift()
    freeAtMs.set(target, atMs + lastsMs + 1_000)
    plan.push({ atMs, kind, target, lastsMs, amount: amountOf(kind, random) })
  }
}

/** Processes die more often than the rest. */
const dealt = (random: Random): FaultKind[] => random.shuffled<FaultKind>(['kill', 'kill', 'kill', 'kill', 'stop', 'stop', 'stop', ...faultKinds.slice(2)])

function lasting (kind: FaultKind, random: Random): number {
  switch (kind) {
    case 'kill': return random.between(0, 3_000)
    // Within a session time-out, and past it.
    case 'stop': return random.chance(0.4) ? random.between(500, 2_000) : random.between(4_000, 8_000)
    case 'stop-postgres': return random.between(2_000, 7_000)
    case 'slow-agents': case 'shift-clock': return random.between(3_000, 8_000)
    case 'garbage': case 'empty-redis': return 1_000
    default: return partMs[kind]!
  }
}

function targetOf (kind: FaultKind, random: Random, { coordinators, services, agents, shifted }: Targets): string {
  switch (kind) {
    case 'kill': case 'stop': return random.chance(0.55) ? random.pick(coordinators) : random.pick([...services, ...agents])
    case 'restart-broker': case 'kill-broker': return 'kafka'
    case 'empty-redis': return 'redis'
    case 'stop-postgres': return 'postgres'
    case 'slow-agents': return random.pick(agents)
    case 'garbage': return 'dispatch topics'
    case 'shift-clock': return shifted
  }
}

function amountOf (kind: FaultKind, random: Random): number {
  switch (kind) {
    case 'slow-agents': return random.between(300, 2_000)
    case 'garbage': return random.between(5, 20)
    case 'shift-clock': return random.pick([-1, 1]) * (random.chance(0.5) ? random.between(200, 1_800) : random.between(10_000, 300_000))
    default: return 0
  }
}

export function faultText ({ atMs, kind, target, lastsMs, amount }: Fault): string {
  const what: Record<FaultKind, string> = {
    kill: `SIGKILL ${target}, started again after ${lastsMs} ms`,
    stop: `SIGSTOP ${target} for ${lastsMs} ms`,
    'restart-broker': 'restart of the broker',
    'kill-broker': 'SIGKILL of the broker, started again',
    'empty-redis': 'Redis restarted empty',
    'stop-postgres': `PostgreSQL away for ${lastsMs} ms`,
    'slow-agents': `${target} slower by ${amount} ms for ${lastsMs} ms`,
    garbage: `${amount} bad records on dispatch topics`,
    'shift-clock': `clock of ${target} shifted by ${amount} ms for ${lastsMs} ms`
  }
  return `${(atMs / 1_000).toFixed(1).padStart(6)} s  ${what[kind]}`
}
