// A conversation through everything that is real: processes, topics, PostgreSQL.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startTestMesh, type TestMesh } from './mesh-processes.ts'

interface Turn {
  readonly workflowId: string
  readonly dispatchId: string
  readonly reply: string
  readonly intent: string
  readonly slots: object
}

let mesh: TestMesh
beforeAll(async () => { mesh = await startTestMesh() }, 60_000)
afterAll(() => mesh?.stop(), 30_000)

const post = (body: object) =>
  fetch(`${mesh.gatewayUrl}/turns`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

async function say (conversationId: string, text: string): Promise<Turn> {
  const response = await post({ conversationId, text })
  const body = await response.json()
  expect({ status: response.status, body }).toMatchObject({ status: 200 })
  return body as Turn
}

const rows = async <Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> => (await mesh.database.query<Row>(text, values)).rows

/** Waits until what follows the conversation (archive, CRM, analytics) has caught up. */
async function eventually<T> (read: () => Promise<T>, isThere: (value: T) => boolean): Promise<T> {
  const overAtMs = performance.now() + 15_000
  for (;;) {
    const value = await read()
    if (isThere(value) || performance.now() >= overAtMs) return value
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

interface EventRow {
  readonly dispatch_id: string
  readonly parent_id: string | null
  readonly type: string
  readonly source: string
  readonly decision: string
  readonly outcome: string | null
}

const eventsOf = (workflowId: string) => rows<EventRow>(
  `SELECT dispatch_id, parent_id, type, source, target, capability, decision, outcome, hop FROM ${mesh.auditSchema}.events
   WHERE workflow_id = $1 ORDER BY at, event_id`, [workflowId])

test('three turns are answered, each by at least six hops that the archive knows, and sales and analytics know of them', async () => {
  const turns = [
    await say('c1', 'Hi, I am looking for a 2 bedroom apartment in Fremont with 2 baths, under $2,500 a month.'),
    await say('c1', 'Do they allow pets? You can reach me at dana@example.com.'),
    await say('c1', 'Great, please schedule a visit for March 8th.')
  ]
  const workflowId = turns[0]!.workflowId
  expect(turns.map(turn => turn.workflowId)).toEqual([workflowId, workflowId, workflowId])
  expect(turns.map(({ intent }) => intent)).toEqual(['find_home', 'ask_detail', 'schedule_visit'])
  expect(turns[0]!.slots).toEqual({ area: 'Fremont', beds: 2, baths: 2, budgetMax: 2_500 })
  expect(turns[0]!.reply).toContain('in Fremont has 2 bedrooms')
  expect(turns[1]!.reply).toMatch(/^(?:Yes|No), pets are/)
  expect(turns[2]!.reply).toMatch(/is scheduled for March 8th\..* Our advisor .* will contact you/)

  const isWhole = (found: EventRow[]) => found.filter(({ type }) => type === 'event').length === 2 * turns.length
    && found.some(({ dispatch_id: id, outcome }) => id === turns[2]!.dispatchId && outcome !== null)
  const events = await eventually(() => eventsOf(workflowId), isWhole)
  for (const { dispatchId } of turns) {
    const below = new Set([dispatchId])
    for (const event of events) if (event.parent_id !== null && below.has(event.parent_id)) below.add(event.dispatch_id)
    const delivered = events.filter(event => below.has(event.dispatch_id) && event.decision === 'delivered')
    expect(delivered.length).toBeGreaterThanOrEqual(6)
    expect(delivered[0]).toMatchObject({ source: 'human-gateway', target: 'orchestrator', capability: 'converse', hop: 0 })
  }

  // Every dispatch has exactly one admission, and every request exactly one end.
  const dispatchIds = [...new Set(events.map(({ dispatch_id: id }) => id))]
  for (const id of dispatchIds) {
    const story = events.filter(({ dispatch_id: of }) => of === id)
    expect(story.filter(({ decision }) => decision === 'delivered')).toHaveLength(1)
    if (story[0]!.type === 'request') expect(story.filter(({ decision, outcome }) => decision === 'completed' && outcome === 'success')).toHaveLength(1)
  }
  // And there is none in the topics that the archive does not have.
  const positions = `SELECT DISTINCT ingress_topic, ingress_partition, ingress_offset FROM ${mesh.auditSchema}.events WHERE decision = 'delivered'`
  expect(await rows(positions)).toHaveLength(await mesh.ingressRecords())

  const contactOf = `SELECT email, area, beds, visit_date, temperature, turn FROM ${mesh.exampleSchema}.contacts WHERE lead_id = $1`
  const contacts = await eventually(() => rows<{ turn: number }>(contactOf, [workflowId]), found => found[0]?.turn === turns.length)
  expect(contacts).toEqual([{ email: 'dana@example.com', area: 'Fremont', beds: 2, visit_date: 'March 8th', temperature: 'hot', turn: 3 }])
  const counts = await eventually(() => rows(`SELECT intent, area, turns FROM ${mesh.exampleSchema}.turn_counts ORDER BY intent`), found => found.length === 3)
  expect(counts).toEqual(['ask_detail', 'find_home', 'schedule_visit'].map(intent => ({ intent, area: 'fremont', turns: '1' })))
}, 60_000)

test('what is no turn is refused with a problem', async () => {
  const response = await post({ text: 'Hi' })
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ code: 'INVALID_REQUEST', retriable: false })
})

test('a domain killed in the middle of turns finishes them when it is back, each once', async () => {
  const ids = ['k1', 'k2', 'k3']
  const saying = Promise.all(ids.map(id => say(id, 'I need a 3 bedroom apartment in San Jose')))
  const begun = `SELECT 1 FROM ${mesh.auditSchema}.events WHERE workflow_id LIKE 'k_~%' AND capability = 'analyze_turn'`
  await Promise.race([saying, eventually(() => rows(begun), found => found.length > 0)])
  await mesh.kill('operations')
  await mesh.restart('operations')
  const turns = await saying
  for (const { reply, workflowId } of turns) {
    expect(reply).toContain('in San Jose has 3 bedrooms')
    expect(await rows(`SELECT turn, reply FROM ${mesh.exampleSchema}.turns WHERE workflow_id = $1`, [workflowId])).toEqual([{ turn: 1, reply }])
  }
}, 60_000)

test('a gateway that is told to stop finishes the turn it has, and all processes end well', async () => {
  const turn = say('c2', 'I want to sell my 3 bedroom house in San Jose')
  // Once the archive knows of it, the gateway has it; sooner, stopping might refuse it.
  await Promise.race([turn, eventually(() => rows(`SELECT 1 FROM ${mesh.auditSchema}.events WHERE workflow_id LIKE 'c2~%'`), found => found.length > 0)])
  const ended = mesh.drain('conversation')
  expect((await turn).reply).toMatch(/3 bedroom home may sell for about \$/)
  expect(await ended).toBe(0)
  expect(await Promise.all(['sales', 'operations'].map(domain => mesh.drain(domain)))).toEqual([0, 0])
}, 30_000)
