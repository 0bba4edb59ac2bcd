import { describe, expect, test } from '@jest/globals'
import { capabilityConflicts, decideRegistration, type RegistrationRequest } from './register.ts'
import type { Capability } from '@mesh/schemas'
import { bounds } from './field-rules.ts'
import { createProjection, registrationKey, type RegistryProjection } from './state.ts'

const capability = (name: string, contractHash = 'h1') => ({ name, inputSchema: '{}', outputSchema: '{}', contractHash, retry: null, idleTimeoutMs: null, fallback: null, chainLimits: null })

const fallback = { kind: 'capability', capability: null, contentType: 'application/json', payload: null, code: null, message: null } as const
const onFailure = (changes: Partial<Capability>, name = 'analyze_lead'): Capability => ({ ...capability(name), ...changes })

function request (changes: Partial<RegistrationRequest> = {}): RegistrationRequest {
  return {
    name: 'intent-decoder', version: '1.0.0', domain: 'conversation', ownerTeam: 'nlp', role: 'bot', capabilities: [capability('analyze_lead')],
    dependencies: [], maxConcurrent: 50, slaP95Ms: 500, latencyProfileMs: null, costProfileMicros: null, allowedModels: [], allowedTools: [],
    confidenceThreshold: null, regions: [], fallback: null, urgentCapabilities: [], chainLimits: null,
    inboxPartitions: null, answersPartitions: null, ...changes
  }
}

/** A state in which these requests were accepted, in order. */
function given (...requests: RegistrationRequest[]) {
  const state = createProjection()
  requests.forEach((known, offset) => take(state, known, offset))
  return {
    state,
    when: (next: RegistrationRequest, nowMs = 9_000) => decideRegistration(next, state, nowMs)
  }
}

function take (state: RegistryProjection, known: RegistrationRequest, offset: number): void {
  const decision = decideRegistration(known, state, 1_000 + offset)
  if (decision.outcome === 'refused') throw new Error(decision.message)
  state.put(registrationKey(known.name, known.version), { registration: decision.registration, offset })
}

const refusedCodes = (decision: ReturnType<typeof decideRegistration>) => decision.outcome === 'refused' ? decision.problems.map(problem => problem.code) : []

describe('a registration is accepted', () => {
  test('of an unknown agent, with default partition counts and the time of its registration', () =>
    expect(given().when(request())).toMatchObject({
      outcome: 'accepted', change: 'new', warnings: [],
      registration: { inboxPartitions: 4, answersPartitions: 8, status: 'active', registeredAtMs: 9_000 }
    }))

  test('again without change, keeping its first time', () =>
    expect(given(request()).when(request())).toMatchObject({ outcome: 'accepted', change: 'none', registration: { registeredAtMs: 1_000 } }))

  test('with other limits under the same version, as an update', () =>
    expect(given(request()).when(request({ maxConcurrent: 7, dependencies: ['memory_lookup'] })))
      .toMatchObject({ outcome: 'accepted', change: 'updated', registration: { maxConcurrent: 7, registeredAtMs: 1_000 } }))

  test('of a next version with another contract for a capability that only it offers', () =>
    expect(given(request()).when(request({ version: '2.0.0', capabilities: [capability('analyze_lead', 'h2')] }))).toMatchObject({ outcome: 'accepted', change: 'new' }))

  test('of an older version again, which makes it current', () =>
    expect(given(request(), request({ version: '2.0.0' })).when(request())).toMatchObject({ outcome: 'accepted', change: 'updated' }))

  test('of a second agent that offers a capability under the same contract', () =>
    expect(given(request()).when(request({ name: 'other', ownerTeam: 'crm' }))).toMatchObject({ outcome: 'accepted' }))

  test('with the partition counts of the first registration where it names none', () =>
    expect(given(request({ inboxPartitions: 2, answersPartitions: 3 })).when(request({ version: '1.0.1' })))
      .toMatchObject({ registration: { inboxPartitions: 2, answersPartitions: 3 } }))

  test('with a warning for each dependency and fallback that nobody offers yet', () =>
    expect(given(request({ name: 'memory', capabilities: [capability('memory_lookup')] })).when(request({ dependencies: ['memory_lookup', 'crm_write'], fallback: 'say_sorry' })))
      .toMatchObject({ warnings: ['Nobody offers the dependency crm_write yet.', 'Nobody offers the fallback say_sorry yet.'] }))

  test('with a warning for a capability\'s fallback that nobody offers yet, once', () => {
    const fallsBack = (to: string, name: string) => onFailure({ fallback: { ...fallback, capability: to } }, name)
    const capabilities = [fallsBack('guess_lead', 'analyze_lead'), fallsBack('guess_lead', 'rate_lead'), fallsBack('memory_lookup', 'find_lead')]
    expect(given(request({ name: 'memory', capabilities: [capability('memory_lookup')] })).when(request({ capabilities, fallback: 'guess_lead' })))
      .toMatchObject({ outcome: 'accepted', warnings: ['Nobody offers the fallback guess_lead yet.'] })
  })

  test('with another way of handling failures under the same version, as an update; with the same again, as none', () => {
    const reply = (text: string) => request({ capabilities: [onFailure({ fallback: { ...fallback, kind: 'reply', payload: Buffer.from(text) } })] })
    expect(given(request()).when(reply('1'))).toMatchObject({ outcome: 'accepted', change: 'updated' })
    expect(given(reply('1')).when(reply('2'))).toMatchObject({ outcome: 'accepted', change: 'updated' })
    expect(given(reply('1')).when(reply('1'))).toMatchObject({ outcome: 'accepted', change: 'none' })
  })

  test.each(['quarantined', 'paused', 'draining'] as const)('of a %s agent, which stays so in this version and in its next', status => {
    const { state, when } = given(request())
    const known = state.currentByName.get('intent-decoder')!
    state.put('intent-decoder@1.0.0', { registration: { ...known.registration, status }, offset: 1 })
    expect(when(request())).toMatchObject({ outcome: 'accepted', change: 'none', registration: { status } })
    expect(when(request({ version: '1.1.0' }))).toMatchObject({ outcome: 'accepted', change: 'new', registration: { status } })
  })
})

describe('a registration is refused', () => {
  const cases: [string, RegistrationRequest[], RegistrationRequest, string, string][] = [
    ['by another team', [request()], request({ version: '2.0.0', ownerTeam: 'crm' }), 'OWNER_CHANGED', 'belongs to team nlp, not crm'],
    ['with another contract under the same version', [request()], request({ capabilities: [capability('analyze_lead', 'h2')] }), 'CONTRACT_CHANGED', 'another contract for analyze_lead'],
    ['with a capability fewer under the same version', [request()], request({ capabilities: [] }), 'CONTRACT_CHANGED', 'another contract for analyze_lead'],
    ['with a capability more under the same version', [request()], request({ capabilities: [capability('analyze_lead'), capability('rate')] }), 'CONTRACT_CHANGED', 'for rate'],
    ['with a contract that contradicts another agent\'s', [request()], request({ name: 'other', capabilities: [capability('analyze_lead', 'h2')] }), 'CONTRACT_CONFLICT', 'offered by intent-decoder 1.0.0'],
    ['depending on what it offers itself', [], request({ dependencies: ['analyze_lead'] }), 'SELF_DEPENDENCY', 'depends on analyze_lead'],
    ['falling back to what it offers itself', [], request({ fallback: 'analyze_lead' }), 'SELF_DEPENDENCY', 'falls back to analyze_lead'],
    ['with a capability that falls back to another of its own', [],
      request({ capabilities: [capability('rate_lead'), onFailure({ fallback: { ...fallback, capability: 'rate_lead' } })] }),
      'SELF_DEPENDENCY', 'analyze_lead falls back to rate_lead, which intent-decoder offers itself'],
    ['with another inbox partition count', [request()], request({ version: '2.0.0', inboxPartitions: 5 }), 'PARTITIONS_CHANGED', 'inboxPartitions of intent-decoder is 4'],
    ['with another answers partition count', [request()], request({ answersPartitions: 9 }), 'PARTITIONS_CHANGED', 'answersPartitions of intent-decoder is 8']
  ]
  test.each(cases)('%s', (_name, known, next, code, says) => {
    const decision = given(...known).when(next)
    expect(decision).toMatchObject({ outcome: 'refused', code })
    expect(decision.outcome === 'refused' && decision.message).toContain(says)
  })

  test('with every contradiction named at once', () =>
    expect(refusedCodes(given(request()).when(request({ ownerTeam: 'crm', capabilities: [capability('analyze_lead', 'h2')], dependencies: ['analyze_lead'], inboxPartitions: 9 }))))
      .toEqual(['OWNER_CHANGED', 'CONTRACT_CHANGED', 'SELF_DEPENDENCY', 'PARTITIONS_CHANGED']))

  test('when the registry is full, but not of a version that is in it', () => {
    const { state, when } = given(request())
    const known = state.currentByName.get('intent-decoder')!
    for (let i = 1; i < bounds.registrationsMax; i++) state.put(`filler@${i}`, { registration: { ...known.registration, name: 'filler' }, offset: i })
    expect(when(request({ name: 'late' }))).toMatchObject({ outcome: 'refused', code: 'REGISTRY_FULL' })
    expect(when(request())).toMatchObject({ outcome: 'accepted' })
  })
})

test('two contracts for one capability, written by two registries at once, are found and stop nobody', () => {
  const { state } = given(request())
  expect(capabilityConflicts(state)).toEqual([])
  const known = state.currentByName.get('intent-decoder')!.registration
  state.put('other@1.0.0', { registration: { ...known, name: 'other', capabilities: [capability('analyze_lead', 'h2')] }, offset: 1 })
  expect(capabilityConflicts(state)).toEqual(['analyze_lead'])
  // Both can start again as they are; neither can bring a further version with it.
  expect(decideRegistration(request(), state, 0)).toMatchObject({ outcome: 'accepted', change: 'none' })
  expect(decideRegistration(request({ version: '1.1.0' }), state, 0)).toMatchObject({ outcome: 'refused', code: 'CONTRACT_CONFLICT' })
})
