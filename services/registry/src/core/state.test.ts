import { expect, test } from '@jest/globals'
import type { AgentRegistration } from '@mesh/schemas'
import { createProjection, registrationKey, versionsOf } from './state.ts'

const registration = (name: string, version: string) => ({ name, version, capabilities: [] }) as unknown as AgentRegistration

function projected (...records: [string, string][]) {
  const state = createProjection()
  records.forEach(([name, version], offset) => state.put(registrationKey(name, version), { registration: registration(name, version), offset }))
  return state
}

test('the newest record of a name is its current version', () =>
  expect(projected(['a', '1.0.0'], ['a', '2.0.0'], ['a', '1.0.0']).currentByName.get('a')?.registration.version).toBe('1.0.0'))

test('versions are listed newest record first, of this agent only', () =>
  expect(versionsOf(projected(['a', '1.0.0'], ['b', '1.0.0'], ['a', '2.0.0']), 'a').map(known => known.registration.version)).toEqual(['2.0.0', '1.0.0']))

test('a tombstone removes one version and the newest one left is current', () => {
  const state = projected(['a', '1.0.0'], ['a', '2.0.0'])
  state.remove('a@2.0.0')
  expect(state.currentByName.get('a')?.registration.version).toBe('1.0.0')
  state.remove('a@1.0.0')
  expect(state.currentByName.has('a')).toBe(false)
})

test('a tombstone of what is not known changes nothing', () => {
  const state = projected(['a', '1.0.0'])
  state.remove('a@9.9.9')
  expect([...state.byKey.keys()]).toEqual(['a@1.0.0'])
})
