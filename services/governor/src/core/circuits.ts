// All circuits, with what was heard of each: windows of calls, probes, blocked calls.
//
// Invariants:
//   S1. What is kept beside the records of mesh.circuits serves the next decisions only; who starts with the records alone
//       goes on from them. Probes that nobody remembers are asked for anew.
//   S2. What was known before a circuit changed says nothing of it afterwards: its window begins anew, and takes no call that
//       was handed over before.
//   S3. Versions that aren't registered have no circuit, and nothing is kept of them.
import type { AgentRegistration, Alert, Circuit } from '@mesh/schemas'
import { alertOf } from './alerts.ts'
import { CallWindow } from './call-window.ts'
import { circuitKey, type CircuitOrder, type CircuitSettings, closedCircuit, nextCircuit, withBlocked } from './circuit.ts'
import { FinishingRate } from './finishing-rate.ts'
import type { Ended, Heard } from './heard.ts'
import { isSlow, judge } from './judging.ts'
import { LongestWait } from './longest-wait.ts'
import { noProbes, type ProbeEnd, type ProbeResults, withProbe } from './probes.ts'
import { isQueuesFault } from './queue-blame.ts'

export interface CircuitsSettings extends CircuitSettings {
  readonly windowMs: number
  readonly callsMin: number
}

/** What the passes over the inboxes know of an agent. */
export interface InboxFacts {
  readonly oldestAgesMs: readonly number[]
  readonly handledPerS: number
}

export interface CircuitPorts {
  registration (key: string): AgentRegistration | undefined
  order (agent: string): CircuitOrder | undefined
  inbox (agent: string): InboxFacts | undefined
}

export interface CircuitChanges {
  readonly puts: readonly Circuit[]
  readonly gone: readonly string[]
  readonly alerts: readonly Alert[]
}

interface Known {
  circuit: Circuit
  readonly window: CallWindow
  readonly finished: FinishingRate
  /** By priority. The longest, because requests of a class wait unequally: behind each other, and as their partitions are read. */
  readonly waits: Map<number, LongestWait>
  probes: ProbeResults
  blocked: number
  /** Those up to here are in the record that was restored. */
  blockedFromMs: number
  blockedSaidAtMs: number
}

const p95 = 0.95
/** Blocked calls alone are worth a record so often. */
const blockedSayMs = 2_000

export class Circuits {
  readonly #known = new Map<string, Known>()
  readonly #settings: CircuitsSettings
  readonly #ports: CircuitPorts

  constructor (settings: CircuitsSettings, ports: CircuitPorts) {
    this.#settings = settings
    this.#ports = ports
  }

  /** As the records of mesh.circuits say; all else is forgotten. */
  restore (circuits: Iterable<Circuit>, nowMs: number): void {
    this.#known.clear()
    for (const circuit of circuits) {
      const known = this.#knownOf(circuit, nowMs)
      known.window.clear(circuit.sinceMs)
      known.blockedFromMs = circuit.atMs
      // A half_open that is over by a check is published anew by the next step, as nothing is known of its probes (S1).
      known.circuit = circuit.state === 'half_open' ? { ...circuit, sinceMs: nowMs - this.#settings.checkMs } : circuit
    }
  }

  current (): Circuit[] { return [...this.#known.values()].map(({ circuit }) => circuit) }

  hear (heard: Heard, nowMs: number): void {
    if (heard.type === 'blocked') return this.#hearBlocked(heard)
    if (this.#ports.registration(circuitKey(heard)) === undefined) return
    const known = this.#knownOf(heard, nowMs)
    if (heard.type === 'probe_sent') return hearProbe(known, heard.probe, 'sent', nowMs)
    const call = this.#isQueues(known, heard, nowMs) ? undefined : heard.call
    if (call !== undefined) known.window.add(call, nowMs)
    if (!heard.isTimeout) known.finished.add(1, nowMs)
    if (heard.waitedMs !== null) waitsOf(known, heard.priority).add(heard.waitedMs, nowMs)
    if (heard.probe !== undefined) hearProbe(known, heard.probe, this.#probeEnd(call, heard), nowMs)
  }

  step (agents: Iterable<string>, nowMs: number): CircuitChanges {
    const puts: Circuit[] = []
    const alerts: Alert[] = []
    for (const key of agents) {
      const { name, version } = this.#ports.registration(key)!
      if (this.#ports.order(name) !== undefined) this.#knownOf({ agent: name, version }, nowMs)
    }
    const gone = [...this.#known.keys()].filter(key => this.#ports.registration(key) === undefined)
    for (const key of gone) this.#known.delete(key)
    for (const known of this.#known.values()) {
      const before = known.circuit
      this.#stepOne(known, nowMs)
      if (known.circuit === before) continue
      puts.push(known.circuit)
      const alert = alertOf(before, known.circuit)
      if (alert !== undefined) alerts.push(alert)
    }
    return { puts, gone, alerts }
  }

  #stepOne (known: Known, nowMs: number): void {
    const before = known.circuit
    const slaP95Ms = this.#ports.registration(circuitKey(before))!.slaP95Ms
    const totals = known.window.totals(nowMs)
    const next = nextCircuit(before, {
      verdict: judge(totals, slaP95Ms, this.#settings.callsMin), calls: totals.calls, errors: totals.errors, p95Ms: totals.times.quantile(p95), slaP95Ms,
      probes: known.probes, order: this.#ports.order(before.agent)
    }, nowMs, this.#settings)
    const isOther = next.state !== before.state || next.sinceMs !== before.sinceMs
    if (isOther) {
      known.probes = noProbes
      if (before.state !== 'slow_start' || next.state !== 'closed') known.window.clear(nowMs)
    }
    known.circuit = next
    if (known.blocked === 0 || (!isOther && nowMs - known.blockedSaidAtMs < blockedSayMs)) return
    known.circuit = withBlocked(next, known.blocked, nowMs)
    known.blocked = 0
    known.blockedSaidAtMs = nowMs
  }

  #hearBlocked ({ agent, episode, atMs }: Extract<Heard, { type: 'blocked' }>): void {
    for (const known of this.#known.values()) {
      if (known.circuit.agent === agent && known.circuit.episode === episode && atMs > known.blockedFromMs) known.blocked++
    }
  }

  #isQueues (known: Known, { isTimeout, heldMs, priority }: Ended, nowMs: number): boolean {
    if (!isTimeout) return false
    const { agent } = known.circuit
    const { maxConcurrent, slaP95Ms } = this.#ports.registration(circuitKey(known.circuit))!
    const inbox = this.#ports.inbox(agent)
    return isQueuesFault(heldMs, {
      oldestAgeMs: inbox?.oldestAgesMs[priority] ?? 0, waitedMs: waitsOf(known, priority).waitedMs(nowMs),
      finishedPerS: Math.max(inbox?.handledPerS ?? 0, known.finished.perS(nowMs)), maxConcurrent, slaP95Ms
    })
  }

  #probeEnd (call: Ended['call'], heard: Ended): ProbeEnd {
    if (call === undefined) return 'unjudged'
    if (call.isError) return 'failed'
    const { slaP95Ms } = this.#ports.registration(circuitKey(heard))!
    return isSlow(call.handlerMs, slaP95Ms) ? 'slow' : 'passed'
  }

  #knownOf ({ agent, version }: { readonly agent: string, readonly version: string }, nowMs: number): Known {
    const key = circuitKey({ agent, version })
    const before = this.#known.get(key)
    if (before !== undefined) return before
    const known: Known = {
      circuit: closedCircuit(agent, version, nowMs), window: new CallWindow(this.#settings.windowMs), finished: new FinishingRate(), waits: new Map(),
      probes: noProbes, blocked: 0, blockedFromMs: -Infinity, blockedSaidAtMs: -Infinity
    }
    this.#known.set(key, known)
    return known
  }
}

function waitsOf ({ waits }: Known, priority: number): LongestWait {
  const known = waits.get(priority) ?? new LongestWait()
  waits.set(priority, known)
  return known
}

function hearProbe (known: Known, { episode, sinceMs }: { readonly episode: string, readonly sinceMs: number }, what: 'sent' | ProbeEnd, nowMs: number): void {
  const { circuit } = known
  if (circuit.state !== 'half_open' || circuit.episode !== episode || circuit.sinceMs !== sinceMs) return
  known.probes = withProbe(known.probes, what, nowMs)
}
