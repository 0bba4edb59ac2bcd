// The path of a registration, from the request to the answer.
//
// P1. One at a time: the next is decided when the last is visible in the state.
// P2. Topics exist, with leaders, before the record that makes others write to them.
// P3. The answer is given after the record is in the state that GET reads: who registered, reads itself.
// P4. Whatever fails before the append leaves nothing but empty topics and perhaps a key; the same request may be sent again.
// P5. The key is in its topic before others hear of the agent.

import type { AgentRegistration } from '@mesh/schemas'
import type { Problem } from './core/codes.ts'
import type { OfferedKey } from './core/keys.ts'
import { capabilityConflicts, decideRegistration, type RegistrationDecision, type RegistrationRequest } from './core/register.ts'
import { registrationKey, type RegistryState } from './core/state.ts'
import type { SerialQueue } from './serial-queue.ts'

export interface RegistrationPorts {
  readonly state: RegistryState
  readonly queue: SerialQueue
  nowMs (): number
  /** Resolves when the state holds all that is in the topic now; rejects UNAVAILABLE at its bound. */
  caughtUp (): Promise<void>
  /** Makes the agent's topics and waits for their leaders; answers what contradicts the registration, if anything does. */
  createTopics (registration: AgentRegistration): Promise<Problem | undefined>
  /** The key it brings, if any, in the topic before the record; answers what is wrong with it. */
  takeKey (registration: AgentRegistration, key: OfferedKey): Promise<Problem | undefined>
  /** Writes the record with all replicas' acknowledgement and answers its offset. */
  append (key: string, registration: AgentRegistration): Promise<number>
  /** Resolves when the state holds the record at this offset; rejects UNAVAILABLE at its bound. */
  applied (offset: number): Promise<void>
  /** Another registry wrote a contradiction at the same time. */
  onConflict (capabilities: readonly string[]): void
}

export type RegistrationResult =
  | Extract<RegistrationDecision, { outcome: 'refused' }>
  | Extract<RegistrationDecision, { outcome: 'accepted' }> & { readonly controlOffset: number }

export function register (request: RegistrationRequest, offered: OfferedKey | undefined, ports: RegistrationPorts): Promise<RegistrationResult> {
  return ports.queue.run(async () => {
    await ports.caughtUp()
    const decision = decideRegistration(request, ports.state, ports.nowMs())
    if (decision.outcome === 'refused') return decision
    const { registration } = decision
    const key = registrationKey(registration.name, registration.version)
    const problem = (offered === undefined ? undefined : await ports.takeKey(registration, offered)) ?? await ports.createTopics(registration)
    if (problem !== undefined) return { outcome: 'refused', code: problem.code, message: problem.message, problems: [problem] }
    const controlOffset = decision.change === 'none' ? ports.state.byKey.get(key)?.offset ?? -1 : await ports.append(key, registration)
    await ports.applied(controlOffset)
    const conflicts = conflictsOf(registration, ports.state)
    if (conflicts.length > 0) ports.onConflict(conflicts)
    const conflictWarnings = conflicts.map(name => `Another registry accepted a different contract for ${name} at the same time; the mesh must choose one.`)
    return { ...decision, warnings: [...decision.warnings, ...conflictWarnings], controlOffset }
  })
}

function conflictsOf (registration: AgentRegistration, state: RegistryState): string[] {
  const own = new Set(registration.capabilities.map(capability => capability.name))
  return capabilityConflicts(state).filter(name => own.has(name))
}
