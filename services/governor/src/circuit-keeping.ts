// One governor at a time keeps the circuits: reads the audit, steps, writes. The others stand by.
//
//   elected ──> heartbeat ──> records of mesh.circuits, audit of the last window ──> (read, step, write) again and again
//
// Invariants:
//   K1. Nothing is written but in a term of its own, asked right before.
//   K2. The heartbeat says that the audit is being read: it stops when reading fails for `readAgeMsMax`, so that coordinators
//       soon take circuits for unknown.
//   K3. What could not be written stays, newest record of each key and at most `alertsMax` alerts, and goes with the next step.
//   K4. A new owner decides once it has read all that was there, or after `catchUpMsMax`.
import type { Alert, AuditEvent, Circuit } from '@mesh/schemas'
import type { AuditReader } from './audit-reader.ts'
import { circuitKey } from './core/circuit.ts'
import type { Circuits } from './core/circuits.ts'
import { heardIn } from './core/heard.ts'
import type { CircuitTopics } from './circuit-topics.ts'
import type { Election } from './election.ts'

export interface KeepingPorts {
  readonly circuits: Circuits
  readonly topics: Pick<CircuitTopics, 'said' | 'isReadUpTo' | 'write'>
  readonly election: Pick<Election, 'term'>
  readonly windowMs: number
  openAudit (fromMs: number, onEvents: (events: readonly AuditEvent[]) => void): Promise<AuditReader>
  /** Names with versions of all that is registered. */
  agents (): Iterable<string>
  nowMs (): number
  monotonicMs (): number
  onStepped (circuits: readonly Circuit[]): void
  onWritten (alerts: readonly Alert[]): void
}

interface Term {
  readonly number: number
  readonly beganAtMs: number
  readonly beganAtMonotonicMs: number
  audit: AuditReader | undefined
  isDeciding: boolean
}

const heartbeatMs = 2_000
const readAgeMsMax = 5_000
const catchUpMsMax = 10_000
const alertsMax = 1_000

export class CircuitKeeping {
  readonly #ports: KeepingPorts
  #term: Term | undefined
  #readAtMs = -Infinity
  #caughtUpAtMs = -Infinity
  #heartbeatAtMs = -Infinity
  readonly #unwritten = new Map<string, Circuit | null>()
  #alerts: Alert[] = []

  constructor (ports: KeepingPorts) {
    this.#ports = ports
  }

  isOwner (): boolean { return this.#term !== undefined && this.#ports.election.term() === this.#term.number }
  lagRecords (): number { return this.#term?.audit?.lagRecords ?? 0 }

  /** How long ago everything was read; undefined for who isn't the owner. */
  lagMs (): number | undefined {
    if (this.#term === undefined) return undefined
    return this.#ports.monotonicMs() - Math.max(this.#caughtUpAtMs, this.#term.beganAtMonotonicMs)
  }

  /** Told to people with the next step, if this is the owner. */
  tell (alert: Alert): void {
    if (this.isOwner() && this.#alerts.length < alertsMax) this.#alerts.push(alert)
  }

  async turn (): Promise<void> {
    const number = this.#ports.election.term()
    if (number === undefined) return this.#standBy()
    const term = this.#term?.number === number ? this.#term : this.#begin(number)
    await this.#beat()
    if (term.audit === undefined && !await this.#restore(term)) return
    const isCaughtUp = await term.audit!.read()
    const nowMs = this.#ports.monotonicMs()
    this.#readAtMs = nowMs
    if (isCaughtUp) this.#caughtUpAtMs = nowMs
    term.isDeciding ||= isCaughtUp || nowMs - term.beganAtMonotonicMs > catchUpMsMax
    if (term.isDeciding) this.#step()
    await this.#write(term)
  }

  #begin (number: number): Term {
    const { nowMs, monotonicMs } = this.#ports
    this.#standBy()
    const term = { number, beganAtMs: nowMs(), beganAtMonotonicMs: monotonicMs(), audit: undefined, isDeciding: false }
    // It has until then to show that it reads.
    this.#readAtMs = term.beganAtMonotonicMs
    return this.#term = term
  }

  #standBy (): void {
    if (this.#term === undefined) return
    this.#term = undefined
    this.#unwritten.clear()
    this.#alerts = []
    this.#ports.onStepped([])
  }

  async #restore (term: Term): Promise<boolean> {
    const { topics, circuits, openAudit, windowMs, nowMs } = this.#ports
    if (!topics.isReadUpTo(term.beganAtMs)) return false
    const audit = await openAudit(term.beganAtMs - windowMs, events => {
      const heard = heardIn(events)
      if (heard !== undefined) circuits.hear(heard, nowMs())
    })
    circuits.restore(topics.said.values(), nowMs())
    term.audit = audit
    return true
  }

  #step (): void {
    const { circuits, agents, nowMs, onStepped } = this.#ports
    const { puts, gone, alerts } = circuits.step(agents(), nowMs())
    for (const circuit of puts) this.#unwritten.set(circuitKey(circuit), circuit)
    for (const key of gone) this.#unwritten.set(key, null)
    this.#alerts = [...this.#alerts, ...alerts].slice(-alertsMax)
    onStepped(circuits.current())
  }

  async #beat (): Promise<void> {
    const { topics, nowMs, monotonicMs } = this.#ports
    const atMs = monotonicMs()
    if (atMs - this.#heartbeatAtMs < heartbeatMs || atMs - this.#readAtMs > readAgeMsMax) return
    await topics.write({ puts: [], gone: [], alerts: [], heartbeatAtMs: nowMs() })
    this.#heartbeatAtMs = atMs
  }

  async #write (term: Term): Promise<void> {
    if ((this.#unwritten.size === 0 && this.#alerts.length === 0) || this.#ports.election.term() !== term.number) return
    const alerts = [...this.#alerts]
    const writes = [...this.#unwritten]
    await this.#ports.topics.write({
      puts: writes.flatMap(([, circuit]) => circuit ?? []), gone: writes.flatMap(([key, circuit]) => circuit === null ? [key] : []), alerts, heartbeatAtMs: null
    })
    this.#unwritten.clear()
    this.#alerts = this.#alerts.slice(alerts.length)
    this.#ports.onWritten(alerts)
  }
}
