import { expect, test } from '@jest/globals'
import { askerOf, callerOf } from './caller.ts'

const caller = (claims: Record<string, unknown>) => callerOf(askerOf({ sub: 'ada', ...claims }))

test('an auditor and an owner with a team may ask', () => {
  expect(caller({ role: 'auditor', jti: 't' })).toEqual({ who: 'ada', role: 'auditor', team: null, tokenId: 't' })
  expect(caller({ role: 'owner', team: 'sales' })).toEqual({ who: 'ada', role: 'owner', team: 'sales', tokenId: null })
})

test.each([{}, { role: 'admin' }, { role: ['auditor'] }, { role: 'Auditor' }, { role: 'owner' }, { role: 'owner', team: '' }, { role: 'owner', team: ['sales'] }, { role: 'auditor', sub: '' }])(
  '%j may not', claims => expect(caller(claims)).toHaveProperty('problem'))

test('who may not is known for the record all the same, bounded', () => {
  expect(askerOf({ sub: 'x'.repeat(500), role: 'admin' })).toEqual({ who: 'x'.repeat(200), role: 'admin', team: null, tokenId: null })
  expect(askerOf({}).role).toBe('none')
})
