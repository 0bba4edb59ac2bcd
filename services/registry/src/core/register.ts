// Whether a registration is taken: the registry's rules.
//
// Invariants:
//   R1. A name belongs to the team that registered it first.
//   R2. A name and version has one contract for ever; what is not contract (limits, dependencies, regions) may be updated.
//   R3. A capability has one contract among the current versions of all agents.
//   R4. Partition counts are fixed by the first registration of a name.
//   R5. Registering the same again changes nothing and is never refused for what others registered meanwhile; registering an
//       older version again makes it the current one.
//   R6. An agent keeps its status (quarantined, paused, draining), whatever version it registers.
//   R7. A refusal names every contradiction, not only the first.

import type { AgentRegistration, Capability } from '@mesh/schemas'
import type { Problem, RegistryCode } from './codes.ts'
import { canonicalJson } from './canonical-json.ts'
import { bounds } from './field-rules.ts'
import { registrationKey, type RegistryState } from './state.ts'

/** A registration whose fields are valid each by itself; null counts mean "as registered, else the default". */
export type RegistrationRequest = Omit<AgentRegistration, 'inboxPartitions' | 'answersPartitions' | 'status' | 'registeredAtMs'> & {
  readonly inboxPartitions: number | null
  readonly answersPartitions: number | null
}

export type RegistrationDecision =
  | { readonly outcome: 'accepted', readonly registration: AgentRegistration, readonly change: 'new' | 'updated' | 'none', readonly warnings: readonly string[] }
  | { readonly outcome: 'refused', readonly code: RegistryCode, readonly message: string, readonly problems: readonly Problem[] }

export function decideRegistration (request: RegistrationRequest, state: RegistryState, nowMs: number): RegistrationDecision {
  const problems = contradictions(request, state)
  const first = problems[0]
  if (first !== undefined) {
    return { outcome: 'refused', code: first.code, message: problems.map(problem => problem.message).join(' '), problems: problems.slice(0, bounds.problemsMax) }
  }
  const registration = accept(request, state, nowMs)
  const known = state.byKey.get(registrationKey(request.name, request.version))
  const isCurrent = known !== undefined && state.currentByName.get(request.name) === known
  const isSame = isCurrent && canonicalJson(known.registration) === canonicalJson(registration)
  return { outcome: 'accepted', registration, change: known === undefined ? 'new' : isSame ? 'none' : 'updated', warnings: warningsFor(request, state) }
}

/** What the current versions of different agents say against each other; empty unless two registries wrote at once. */
export function capabilityConflicts (state: RegistryState): string[] {
  const first = new Map<string, { readonly agent: string, readonly contractHash: string }>()
  const conflicts = new Set<string>()
  for (const { registration } of state.currentByName.values()) {
    for (const { name, contractHash } of registration.capabilities) {
      const other = first.get(name)
      if (other === undefined) first.set(name, { agent: registration.name, contractHash })
      else if (other.contractHash !== contractHash) conflicts.add(name)
    }
  }
  return [...conflicts].sort()
}

function accept (request: RegistrationRequest, state: RegistryState, nowMs: number): AgentRegistration {
  const current = state.currentByName.get(request.name)?.registration
  const known = state.byKey.get(registrationKey(request.name, request.version))?.registration
  return {
    ...request,
    inboxPartitions: request.inboxPartitions ?? current?.inboxPartitions ?? bounds.inboxPartitionsDefault,
    answersPartitions: request.answersPartitions ?? current?.answersPartitions ?? bounds.answersPartitionsDefault,
    status: current?.status ?? 'active',
    registeredAtMs: known?.registeredAtMs ?? nowMs
  }
}

function contradictions (request: RegistrationRequest, state: RegistryState): Problem[] {
  return [
    ...ownerProblems(request, state),
    ...contractProblems(request, state),
    ...conflictProblems(request, state),
    ...selfDependencyProblems(request),
    ...partitionProblems(request, state),
    ...boundProblems(request, state)
  ]
}

function ownerProblems (request: RegistrationRequest, state: RegistryState): Problem[] {
  const current = state.currentByName.get(request.name)?.registration
  if (current === undefined || current.ownerTeam === request.ownerTeam) return []
  return [{ code: 'OWNER_CHANGED', field: 'ownerTeam', message: `${request.name} belongs to team ${current.ownerTeam}, not ${request.ownerTeam}.` }]
}

function contractProblems (request: RegistrationRequest, state: RegistryState): Problem[] {
  const known = state.byKey.get(registrationKey(request.name, request.version))?.registration
  if (known === undefined) return []
  const was = contractsOf(known.capabilities)
  const is = contractsOf(request.capabilities)
  const changed = [...new Set([...was.keys(), ...is.keys()])].filter(name => was.get(name) !== is.get(name)).sort()
  if (changed.length === 0) return []
  const message = `${request.name} ${request.version} is registered with another contract for ${changed.join(', ')}; raise the version.`
  return [{ code: 'CONTRACT_CHANGED', field: 'capabilities', message }]
}

function conflictProblems (request: RegistrationRequest, state: RegistryState): Problem[] {
  // Two registries that wrote at once may have let both in; the agents must be able to start again all the same.
  if (state.currentByName.get(request.name)?.registration.version === request.version) return []
  const wanted = contractsOf(request.capabilities)
  const problems: Problem[] = []
  for (const { registration: other } of state.currentByName.values()) {
    if (other.name === request.name) continue
    for (const { name, contractHash } of other.capabilities) {
      if (!wanted.has(name) || wanted.get(name) === contractHash) continue
      const field = `capabilities.${request.capabilities.findIndex(capability => capability.name === name)}`
      problems.push({ code: 'CONTRACT_CONFLICT', field, message: `${name} is offered by ${other.name} ${other.version} under a different contract.` })
    }
  }
  return problems
}

function selfDependencyProblems (request: RegistrationRequest): Problem[] {
  const own = contractsOf(request.capabilities)
  const problems: Problem[] = request.dependencies
    .map((name, index) => ({ code: 'SELF_DEPENDENCY' as const, field: `dependencies.${index}`, name }))
    .filter(({ name }) => own.has(name))
    .map(({ code, field, name }) => ({ code, field, message: `${request.name} depends on ${name}, which it offers itself.` }))
  if (request.fallback !== null && own.has(request.fallback)) {
    problems.push({ code: 'SELF_DEPENDENCY', field: 'fallback', message: `${request.name} falls back to ${request.fallback}, which it offers itself.` })
  }
  for (const [index, { name, fallback }] of request.capabilities.entries()) {
    // Its circuit is that of the whole version, so no capability of its own can take the place of another.
    if (fallback === null || fallback.capability === null || !own.has(fallback.capability)) continue
    const message = `${name} falls back to ${fallback.capability}, which ${request.name} offers itself.`
    problems.push({ code: 'SELF_DEPENDENCY', field: `capabilities.${index}.fallback.capability`, message })
  }
  return problems
}

function partitionProblems (request: RegistrationRequest, state: RegistryState): Problem[] {
  const current = state.currentByName.get(request.name)?.registration
  if (current === undefined) return []
  return (['inboxPartitions', 'answersPartitions'] as const)
    .filter(field => request[field] !== null && request[field] !== current[field])
    .map(field => ({ code: 'PARTITIONS_CHANGED' as const, field, message: `${field} of ${request.name} is ${current[field]} since its first registration.` }))
}

function boundProblems (request: RegistrationRequest, state: RegistryState): Problem[] {
  if (state.byKey.size < bounds.registrationsMax || state.byKey.has(registrationKey(request.name, request.version))) return []
  return [{ code: 'REGISTRY_FULL', field: '', message: `The registry holds ${bounds.registrationsMax} registrations, which is its bound.` }]
}

function warningsFor (request: RegistrationRequest, state: RegistryState): string[] {
  const offered = new Set<string>()
  for (const { registration } of state.currentByName.values()) {
    for (const capability of registration.capabilities) offered.add(capability.name)
  }
  const warnings = request.dependencies.filter(name => !offered.has(name)).map(name => `Nobody offers the dependency ${name} yet.`)
  const fallbacks = [request.fallback, ...request.capabilities.map(({ fallback }) => fallback?.capability ?? null)]
  for (const fallback of new Set(fallbacks)) if (fallback !== null && !offered.has(fallback)) warnings.push(`Nobody offers the fallback ${fallback} yet.`)
  return warnings
}

function contractsOf (capabilities: readonly Capability[]): Map<string, string> {
  return new Map(capabilities.map(capability => [capability.name, capability.contractHash]))
}
