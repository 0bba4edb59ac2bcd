// What the example keeps in PostgreSQL, when the same comes twice, too late, or at the same time.
import { createLogger } from '@mesh/runtime'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { homeIdsMax } from '../src/contracts/homes.ts'
import { newConversation } from '../src/core/understanding/index.ts'
import { contactStore, type LeadUpdate } from '../src/store/contacts.ts'
import { conversationStore, type ConversationTurn } from '../src/store/conversations.ts'
import { type Database, openDatabase } from '../src/store/database.ts'
import { turnCountStore } from '../src/store/turn-counts.ts'

const schema = `example_${randomBytes(4).toString('hex')}`
const logger = createLogger({ name: 'test', level: 'silent' })
const open = () => openDatabase({ databaseUrl: process.env.DATABASE_URL ?? '', schema, logger })
const rows = <Row extends object>(text: string, ...values: unknown[]) => database.query<Row & Record<string, unknown>>(text.slice(0, 60), text, values)

let database: Database
beforeAll(async () => {
  const opened = await Promise.all([open(), open(), open()])
  database = opened[0]!
  await Promise.all(opened.slice(1).map(other => other.close()))
})
afterAll(async () => {
  await rows(`DROP SCHEMA ${schema} CASCADE`)
  await database.close()
})

const home = (id: string) => ({
  id, name: `Home ${id}`, address: '1 Grove Street', area: 'Fremont', beds: 2, baths: 1, rentDollars: 2_000, petsAllowed: true, furnished: false, inUnitLaundry: true, phone: '1'
})
const turnOf = (workflowId: string, turn: number, facts: Partial<ConversationTurn> = {}): ConversationTurn => ({
  workflowId, conversationId: 'c', turn, dispatchId: `${workflowId}/${turn}`, text: 'Hi', reply: 'Hello!', intent: 'greet',
  state: newConversation, offered: null, advisor: null, ...facts
})

describe('conversations', () => {
  test('an unknown one is not there', async () => expect(await conversationStore(database).find('none')).toBe(undefined))

  test('are read back as they were kept', async () => {
    const conversations = conversationStore(database)
    const state = { ...newConversation, slots: { area: 'Fremont', beds: 2 } }
    const advisor = { name: 'Ada Jung', phone: '1', reference: 'H-1', waitMinutes: 5 }
    expect(await conversations.append(turnOf('w1', 1, { state, offered: home('a'), advisor }))).toBe('kept')
    expect(await conversations.find('w1')).toEqual({ turns: 1, state, offered: home('a'), offeredIds: ['a'], advisor })
  })

  test('a turn that comes twice is kept once', async () => {
    const conversations = conversationStore(database)
    await conversations.append(turnOf('w2', 1, { offered: home('a') }))
    await conversations.append(turnOf('w2', 2, { offered: home('b') }))
    expect(await conversations.append(turnOf('w2', 1, { offered: home('a') }))).toBe('kept')
    expect(await conversations.append(turnOf('w2', 2, { offered: home('b') }))).toBe('kept')
    expect(await conversations.find('w2')).toMatchObject({ turns: 2, offered: { id: 'b' }, offeredIds: ['a', 'b'] })
    expect(await rows(`SELECT turn FROM ${schema}.turns WHERE workflow_id = 'w2' ORDER BY 1`)).toEqual([{ turn: 1 }, { turn: 2 }])
  })

  test('a turn that is not the next one is a conflict and changes nothing', async () => {
    const conversations = conversationStore(database)
    expect(await conversations.append(turnOf('w3', 2))).toBe('conflict')
    expect(await conversations.find('w3')).toBe(undefined)
    await conversations.append(turnOf('w3', 1))
    expect(await conversations.append(turnOf('w3', 1, { dispatchId: 'another' }))).toBe('conflict')
    expect(await conversations.append(turnOf('w3', 3))).toBe('conflict')
    expect(await conversations.find('w3')).toMatchObject({ turns: 1 })
  })

  test('of two different turns at the same time one is kept', async () => {
    const conversations = conversationStore(database)
    const outcomes = await Promise.all(['x', 'y', 'z'].map(dispatchId => conversations.append(turnOf('w4', 1, { dispatchId }))))
    expect(outcomes.sort()).toEqual(['conflict', 'conflict', 'kept'])
  })

  test('remember the homes offered last, up to a bound', async () => {
    const conversations = conversationStore(database)
    for (let turn = 1; turn <= homeIdsMax + 2; turn += 1) await conversations.append(turnOf('w5', turn, { offered: home(`h${turn}`) }))
    const { offeredIds } = (await conversations.find('w5'))!
    expect(offeredIds).toHaveLength(homeIdsMax)
    expect([offeredIds[0], offeredIds.at(-1)]).toEqual(['h3', `h${homeIdsMax + 2}`])
  })
})

describe('contacts', () => {
  const lead = (turn: number, facts: Partial<LeadUpdate> = {}): LeadUpdate => ({
    leadId: 'l1', dispatchId: `d${turn}`, conversationId: 'c', turn, goal: 'find_home', slots: { area: 'Fremont' }, contact: { email: 'a@b.com' },
    score: 10 * turn, temperature: 'cold', advisorName: null, ...facts
  })
  const kept = () => rows(`SELECT turn, score, email, area, advisor_name FROM ${schema}.contacts`)

  test('an older event never overwrites a newer one, and an advisor once named stays', async () => {
    const contacts = contactStore(database)
    await contacts.upsert(lead(1))
    await contacts.upsert(lead(3, { advisorName: 'Ada Jung', contact: { email: 'new@b.com' } }))
    await contacts.upsert(lead(2))
    await contacts.upsert(lead(3, { score: 99 }))
    expect(await kept()).toEqual([{ turn: 3, score: 30, email: 'new@b.com', area: 'Fremont', advisor_name: 'Ada Jung' }])
    await contacts.upsert(lead(4))
    expect(await kept()).toMatchObject([{ turn: 4, advisor_name: 'Ada Jung' }])
  })
})

describe('counts', () => {
  test('a turn is counted once, whoever tells of it again and when', async () => {
    const counts = turnCountStore(database)
    const told = ['d1', 'd2', 'd3', 'd1', 'd2', 'd1'].map(dispatchId => counts.count({ dispatchId, intent: 'find_home', area: 'fremont' }))
    await Promise.all([...told, counts.count({ dispatchId: 'd4', intent: 'greet', area: '' })])
    expect(await counts.report(1)).toEqual({
      turns: 4, byIntent: [{ name: 'find_home', turns: 3 }, { name: 'greet', turns: 1 }], byArea: [{ name: 'fremont', turns: 3 }, { name: '', turns: 1 }]
    })
  })
})

test('a database that can\'t be reached is waited for, and then said', async () => {
  await expect(openDatabase({ databaseUrl: 'postgres://mesh@127.0.0.1:1/mesh', schema, logger, waitMs: 300 }))
    .rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE', message: expect.stringContaining('ECONNREFUSED') })
})
