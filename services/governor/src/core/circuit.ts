// The circuit of one version of an agent: what callers get, and when that changes.
//
//   closed ──(judged bad)──> open ──(a check later)──> half_open ──(probes passed)──> slow_start ──(whole share)──> closed
//                             ▲                         │ a probe failed                │ judged bad
//                             └─────────────────────────┴───────────────────────────────┘
//
// Invariants:
//   C1. An open circuit closes by itself only through probes that passed. An operator's order comes before all else, and
//       holds until it is taken back.
//   C2. From one half_open to the next is at least a check, so that probes are bounded by time. One failed probe opens at once.
//   C3. An episode lasts from the opening to the closing: what opens again within it is no new trip, and a trip ends in at
//       most one recovery.
//   C4. Time that goes backwards changes nothing.
import type { Circuit, CircuitState } from '@mesh/schemas'
import { countsOf, type DayCounts, withCounts } from './episode-days.ts'
import type { TripReason } from './judging.ts'
import type { ProbeResults } from './probes.ts'

export interface CircuitSettings {
  /** From open, or from probes that nobody asked for, to the next probes. */
  readonly checkMs: number
  readonly slowStartMs: number
  readonly probesMax: number
}

/** What an operator wants of all versions of an agent; no state: back to measuring. */
export interface CircuitOrder {
  readonly state: 'open' | 'closed' | null
  readonly who: string
}

export interface CircuitFacts {
  readonly verdict: TripReason | null
  readonly calls: number
  readonly errors: number
  readonly p95Ms: number | null
  readonly slaP95Ms: number
  /** Of this half_open state. */
  readonly probes: ProbeResults
  /** Undefined where none was ever given. */
  readonly order: CircuitOrder | undefined
}

/** A healthy target has one slow call in twenty; of ten probes two may be. */
const slowProbeShare = 0.2
/** As long as no further probe comes, those that passed are enough. */
const quietShare = 0.25
const shareSteps = 10

export const circuitKey = ({ agent, version }: Pick<Circuit, 'agent' | 'version'>): string => `${agent}@${version}`

export const closedCircuit = (agent: string, version: string, nowMs: number): Circuit => ({
  agent, version, state: 'closed', episode: '', sinceMs: nowMs, atMs: nowMs, reason: null, admitShare: 1, probesMax: 0, calls: 0, errors: 0, p95Ms: null,
  slaP95Ms: 0, forcedBy: null, trips: 0, recoveries: 0, callsBlocked: 0, days: []
})

/** The same circuit where nothing changes. */
export function nextCircuit (circuit: Circuit, facts: CircuitFacts, nowMs: number, settings: CircuitSettings): Circuit {
  if (facts.order !== undefined) {
    if (facts.order.state !== null) return obeyed(circuit, facts.order.state, facts, nowMs)
    if (circuit.forcedBy !== null) return released(circuit, nowMs, settings)
  }
  if (circuit.forcedBy !== null) return circuit
  const sinceMs = nowMs - circuit.sinceMs
  switch (circuit.state) {
    case 'closed': return facts.verdict === null ? circuit : opened(circuit, facts.verdict, facts, nowMs)
    case 'open': return sinceMs < settings.checkMs ? circuit : halfOpened(circuit, nowMs, settings)
    case 'half_open': return probed(circuit, facts, nowMs, settings)
    case 'slow_start': {
      if (facts.verdict !== null) return opened(circuit, facts.verdict, facts, nowMs)
      if (sinceMs >= settings.slowStartMs) return closed(circuit, nowMs)
      const admitShare = shareAfter(sinceMs, settings)
      return admitShare <= circuit.admitShare ? circuit : { ...circuit, admitShare, atMs: nowMs }
    }
  }
}

/** Counted where the record of the circuit is written anyway, or a while later. */
export const withBlocked = (circuit: Circuit, callsBlocked: number, nowMs: number): Circuit => counted(circuit, { callsBlocked }, nowMs)

function probed (circuit: Circuit, { probes, ...facts }: CircuitFacts, nowMs: number, settings: CircuitSettings): Circuit {
  const { sent, passed, slow, failed, unjudged, lastAtMs } = probes
  if (failed > 0 || slow > slowProbeShare * settings.probesMax) return opened(circuit, failed > 0 ? 'ERROR_RATE' : 'HANDLER_P95', facts, nowMs)
  const finished = passed + slow
  const isCheckOver = nowMs - circuit.sinceMs >= settings.checkMs
  const isQuiet = finished + unjudged >= sent && nowMs - lastAtMs >= quietShare * settings.checkMs
  if (finished > 0 && (finished >= settings.probesMax || isQuiet || isCheckOver)) {
    return slow > slowProbeShare * finished
      ? opened(circuit, 'HANDLER_P95', facts, nowMs)
      : enter(circuit, 'slow_start', { admitShare: shareAfter(0, settings) }, nowMs)
  }
  // Nobody called through a task that had a probe to give, or none has ended: others get their turn.
  return isCheckOver ? halfOpened(circuit, nowMs, settings) : circuit
}

function opened (circuit: Circuit, reason: string, { calls, errors, p95Ms, slaP95Ms }: Omit<CircuitFacts, 'probes'>, nowMs: number): Circuit {
  const facts = { reason, calls, errors, p95Ms, slaP95Ms, admitShare: 0 }
  if (circuit.state !== 'closed') return enter(circuit, 'open', facts, nowMs)
  return enter(counted(circuit, { trips: 1 }, nowMs), 'open', { ...facts, episode: `${circuitKey(circuit)}/${nowMs}` }, nowMs)
}

const halfOpened = (circuit: Circuit, nowMs: number, { probesMax }: CircuitSettings): Circuit =>
  enter(circuit, 'half_open', { probesMax, admitShare: 0 }, nowMs)

const closed = (circuit: Circuit, nowMs: number): Circuit =>
  enter(counted(circuit, { recoveries: 1 }, nowMs), 'closed', { admitShare: 1, reason: null }, nowMs)

function obeyed (circuit: Circuit, state: 'open' | 'closed', facts: CircuitFacts, nowMs: number): Circuit {
  const { who } = facts.order!
  if (circuit.forcedBy === who && circuit.state === state) return circuit
  if (state === 'closed') return { ...enter(circuit, 'closed', { admitShare: 1, reason: 'FORCED' }, nowMs), forcedBy: who }
  return { ...circuit.state === 'open' ? { ...circuit, reason: 'FORCED', atMs: nowMs } : opened(circuit, 'FORCED', facts, nowMs), forcedBy: who }
}

/** Nothing is known of a target that nobody could call: probes come first. */
function released (circuit: Circuit, nowMs: number, settings: CircuitSettings): Circuit {
  if (circuit.state !== 'closed') return { ...halfOpened(circuit, nowMs, settings), forcedBy: null }
  return { ...enter(circuit, 'closed', { reason: null }, nowMs), forcedBy: null }
}

const enter = (circuit: Circuit, state: CircuitState, changes: Partial<Circuit>, nowMs: number): Circuit =>
  ({ ...circuit, probesMax: 0, ...changes, state, sinceMs: nowMs, atMs: nowMs })

function counted (circuit: Circuit, counts: DayCounts, nowMs: number): Circuit {
  const days = withCounts(circuit.days, counts, nowMs)
  return { ...circuit, days, ...countsOf(days, nowMs), atMs: nowMs }
}

const shareAfter = (elapsedMs: number, { slowStartMs }: CircuitSettings): number =>
  Math.min(1, (1 + Math.floor(Math.max(0, elapsedMs) / slowStartMs * shareSteps)) / shareSteps)
