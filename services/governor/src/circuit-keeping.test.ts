import { beforeEach, expect, test } from '@jest/globals'
import type { AgentRegistration, AuditEvent, Circuit } from '@mesh/schemas'
import { answered, handedOver } from './core/audit-event.fixture.ts'
import { closedCircuit } from './core/circuit.ts'
import { Circuits } from './core/circuits.ts'
import { CircuitKeeping } from './circuit-keeping.ts'
import type { CircuitWrites } from './circuit-topics.ts'

const key = 'looker@1.0.0'
const registration = { name: 'looker', version: '1.0.0', slaP95Ms: 200, maxConcurrent: 5 } as AgentRegistration
const failed: AuditEvent[] = [handedOver, { ...answered, outcome: 'failure', reason: 'HANDLER_FAILED' }]

/** A topic and an audit in memory, and a clock that is set. */
class Office {
  nowMs = 100_000
  term: number | undefined = 1
  isTopicRead = true
  canRead = true
  canWrite = true
  hasMore = false
  readonly said = new Map<string, Circuit>()
  readonly written: CircuitWrites[] = []
  audit: AuditEvent[][] = []
  #onEvents: (events: readonly AuditEvent[]) => void = () => {}
  readonly keeping = new CircuitKeeping({
    circuits: new Circuits({ checkMs: 30_000, slowStartMs: 10_000, probesMax: 10, windowMs: 60_000, callsMin: 10 }, {
      registration: () => registration, order: () => undefined, inbox: () => undefined
    }),
    topics: {
      said: this.said, isReadUpTo: () => this.isTopicRead,
      write: async writes => {
        if (!this.canWrite) throw new Error('no broker')
        this.written.push(writes)
      }
    },
    election: { term: () => this.term }, windowMs: 60_000, onStepped: () => {}, onWritten: () => {},
    agents: () => [key], nowMs: () => this.nowMs, monotonicMs: () => this.nowMs,
    openAudit: async (_fromMs, onEvents) => {
      this.#onEvents = onEvents
      return { lagRecords: 0, read: () => this.#read() }
    }
  })

  turn = () => this.keeping.turn()
  states = () => this.written.flatMap(({ puts }) => puts.map(({ state }) => state))
  beats = () => this.written.filter(({ heartbeatAtMs }) => heartbeatAtMs !== null).length

  async #read (): Promise<boolean> {
    if (!this.canRead) throw new Error('no broker')
    for (const events of this.audit.splice(0)) this.#onEvents(events.map(event => ({ ...event, atMs: this.nowMs })))
    return !this.hasMore
  }
}

let office: Office
beforeEach(() => { office = new Office() })
const failures = () => Array.from({ length: 20 }, () => failed)

test('who isn\'t the owner writes nothing, and knows nothing of a lag', async () => {
  office.term = undefined
  office.audit = failures()
  await office.turn()
  expect([office.written, office.keeping.isOwner(), office.keeping.lagMs()]).toEqual([[], false, undefined])
})

test('the owner says at once that it is there, and decides when it knows what was said and has read what was there', async () => {
  office.isTopicRead = false
  office.hasMore = true
  office.audit = failures()
  await office.turn()
  expect([office.beats(), office.states()]).toEqual([1, []])
  office.isTopicRead = true
  await office.turn()
  expect(office.states()).toEqual([])
  office.hasMore = false
  await office.turn()
  expect([office.beats(), office.states()]).toEqual([1, ['open']])
})

test('what can\'t be read to its end does not hold it up for ever', async () => {
  office.hasMore = true
  office.audit = failures()
  await office.turn()
  office.nowMs += 10_001
  office.audit = failures()
  await office.turn()
  expect(office.states()).toEqual(['open'])
})

test('the heartbeat ends when the audit could not be read for five seconds', async () => {
  await office.turn()
  office.canRead = false
  for (let i = 0; i < 20; i++) {
    office.nowMs += 1_000
    await expect(office.turn()).rejects.toThrow('no broker')
  }
  expect(office.beats()).toBe(3)
  expect(office.keeping.lagMs()).toBe(20_000)
})

test('what could not be written is written later, as it is by then, with its alerts', async () => {
  await office.turn()
  office.canWrite = false
  office.audit = failures()
  await expect(office.turn()).rejects.toThrow('no broker')
  office.nowMs += 31_000
  await expect(office.turn()).rejects.toThrow('no broker')
  office.canWrite = true
  await office.turn()
  expect(office.states()).toEqual(['half_open'])
  expect(office.written.flatMap(({ alerts }) => alerts.map(({ kind }) => kind))).toEqual(['CIRCUIT_OPENED'])
  await office.turn()
  expect(office.written.flatMap(({ alerts }) => alerts)).toHaveLength(1)
})

test('a term that ended while it read writes nothing; the next one begins with what the topic says', async () => {
  await office.turn()
  office.audit = failures()
  const { turn } = office
  const read = turn()
  office.term = undefined
  await read
  expect(office.states()).toEqual([])
  await office.turn()
  office.term = 2
  office.said.set(key, { ...closedCircuit('looker', '1.0.0', office.nowMs - 40_000), state: 'open', episode: 'e', trips: 7 })
  await office.turn()
  expect(office.written.at(-1)!.puts).toMatchObject([{ state: 'half_open', episode: 'e', trips: 7 }])
})

test('alerts from elsewhere are told by the owner only', async () => {
  const alert = { alertId: 'a', atMs: 1, kind: 'AGENT_STALLED', agent: 'looker', version: null, message: 'stands still' }
  office.keeping.tell(alert)
  await office.turn()
  office.keeping.tell(alert)
  await office.turn()
  expect(office.written.flatMap(({ alerts }) => alerts)).toEqual([alert])
})
