// One pass, from the agents that there are to what is said of them:
//
//   agents ──> committed offsets and a chunk of each partition ──> counts, ages, what was handled ──> pressure ──> mesh.pressure
//
// P1. A pass that fails says nothing: no heartbeat, so that readers soon take pressure for unknown.
// P2. What is kept from pass to pass serves only to measure rates; a governor that starts without it says the same a few
//     seconds later. Whether a class was pressed comes from the topic.
import type { AgentHealth, AgentRegistration, ClassPressure, Pressure } from '@mesh/schemas'
import { whatToSay } from './core/announcing.ts'
import { handledSince, waitingIn } from './core/backlog.ts'
import { type Capacity, type ClassSample, drainAfter, type DrainState, nothingMeasured, pressureOf } from './core/pressure.ts'
import type { InboxFacts } from './core/circuits.ts'
import { FinishingRate } from './core/finishing-rate.ts'
import { healthOf } from './core/health.ts'
import type { InboxChunks } from './inboxes.ts'
import type { PressureTopic } from './pressure-topic.ts'

export interface PassPorts {
  readonly topic: Pick<PressureTopic, 'said' | 'announce'>
  agents (): readonly AgentRegistration[]
  look (agents: readonly AgentRegistration[]): Promise<Map<string, InboxChunks>>
  /** Members of its inbox group; undefined where not known. */
  instances (agent: string): number | undefined
  /** Of the machine's clock, as the broker's times are. */
  nowMs (): number
  monotonicMs (): number
  onMeasured (measured: ReadonlyMap<string, Pressure>, leftOut: number): void
  onSaid (puts: number, gone: number): void
}

interface Seen {
  readonly chunks: InboxChunks
  readonly samples: readonly ClassSample[]
  readonly drain: DrainState
  readonly atMonotonicMs: number
  readonly movedAtMonotonicMs: number
  readonly handled: FinishingRate
}

const heartbeatMs = 2_000

export class Passes {
  readonly #ports: PassPorts
  readonly #seen = new Map<string, Seen>()
  readonly #measuredAtMs = new Map<string, number>()
  #heartbeatAtMs = -Infinity

  constructor (ports: PassPorts) {
    this.#ports = ports
  }

  async pass (): Promise<void> {
    const { topic, nowMs, monotonicMs, onMeasured, onSaid } = this.#ports
    const agents = this.#ports.agents()
    const inboxes = await this.#ports.look(agents)
    const atMonotonicMs = monotonicMs()
    const measured = new Map<string, Pressure>()
    for (const agent of agents) {
      const chunks = inboxes.get(agent.name)
      if (chunks === undefined) continue
      const said = topic.said.get(agent.name)
      const wasPressed = said?.classes.map(one => one.isPressed) ?? []
      const classes = this.#measure(agent, chunks, wasPressed, atMonotonicMs)
      const instances = this.#ports.instances(agent.name)
      const health = this.#health(agent, instances, said?.health ?? 'unknown', atMonotonicMs)
      measured.set(agent.name, { agent: agent.name, atMs: nowMs(), classes, health, instances: instances ?? 0 })
      this.#measuredAtMs.set(agent.name, atMonotonicMs)
    }
    this.#forgetAllBut(new Set(agents.map(({ name }) => name)))
    onMeasured(measured, agents.length - measured.size)
    const announcement = whatToSay(measured, topic.said, this.#measuredAtMs, atMonotonicMs)
    const isHeartbeatDue = atMonotonicMs - this.#heartbeatAtMs >= heartbeatMs
    await topic.announce(announcement, isHeartbeatDue ? nowMs() : null)
    if (isHeartbeatDue) this.#heartbeatAtMs = atMonotonicMs
    onSaid(announcement.puts.length, announcement.gone.length)
  }

  /** As of the last pass that saw it. */
  inbox (agent: string): InboxFacts | undefined {
    const seen = this.#seen.get(agent)
    if (seen === undefined) return undefined
    return { oldestAgesMs: seen.samples.map(({ oldestAgeMs }) => oldestAgeMs), handledPerS: seen.handled.perS(this.#ports.monotonicMs()) }
  }

  #health ({ name, slaP95Ms, capabilities }: AgentRegistration, instances: number | undefined, was: AgentHealth, atMonotonicMs: number): AgentHealth {
    const { samples, movedAtMonotonicMs } = this.#seen.get(name)!
    return healthOf({
      instances, slaP95Ms, was, offers: capabilities.length > 0, stoodStillMs: atMonotonicMs - movedAtMonotonicMs,
      waitingRecords: samples.reduce((sum, { waitingRecords }) => sum + waitingRecords, 0),
      oldestAgeMs: Math.max(...samples.map(({ oldestAgeMs }) => oldestAgeMs))
    })
  }

  #measure (agent: AgentRegistration, chunks: InboxChunks, wasPressed: readonly boolean[], atMonotonicMs: number): ClassPressure[] {
    const capacity = capacityOf(agent)
    const before = this.#seen.get(agent.name)
    const nowMs = this.#ports.nowMs()
    const samples = chunks.map((partitions, priority): ClassSample => {
      const oldestAtMs = partitions.reduce((oldest, { oldestAppendedAtMs }) => Math.min(oldest, oldestAppendedAtMs ?? Infinity), Infinity)
      return {
        waitingRecords: partitions.reduce((sum, chunk) => sum + waitingIn(chunk), 0),
        // Another machine's clock may be ahead.
        oldestAgeMs: oldestAtMs === Infinity ? 0 : Math.max(0, nowMs - oldestAtMs),
        handledRecords: partitions.reduce((sum, { fromOffset }, partition) => {
          const then = before?.chunks[priority]?.[partition]
          return then === undefined ? sum : sum + handledSince(then, fromOffset)
        }, 0)
      }
    })
    const drain = before === undefined
      ? drainAfter(nothingMeasured, samples, [], capacity, 0)
      : drainAfter(before.drain, samples, before.samples, capacity, atMonotonicMs - before.atMonotonicMs)
    const handledRecords = samples.reduce((sum, one) => sum + one.handledRecords, 0)
    const handled = before?.handled ?? new FinishingRate()
    handled.add(handledRecords, atMonotonicMs)
    // The first look sees no movement, and must not be taken for one.
    const movedAtMonotonicMs = handledRecords > 0 ? atMonotonicMs : before?.movedAtMonotonicMs ?? atMonotonicMs - 1
    this.#seen.set(agent.name, { chunks, samples, drain, atMonotonicMs, movedAtMonotonicMs, handled })
    return pressureOf(samples, capacity, drain, wasPressed)
  }

  #forgetAllBut (names: ReadonlySet<string>): void {
    for (const name of this.#seen.keys()) if (!names.has(name)) this.#seen.delete(name)
    for (const name of this.#measuredAtMs.keys()) if (!names.has(name)) this.#measuredAtMs.delete(name)
  }
}

const capacityOf = ({ maxConcurrent, latencyProfileMs, slaP95Ms }: AgentRegistration): Capacity =>
  ({ maxConcurrent, handlerMs: latencyProfileMs ?? slaP95Ms, promisedMs: slaP95Ms })
