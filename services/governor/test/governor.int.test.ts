// What the governor says of inboxes that are as coordinators leave them: written in transactions, with a marker after each.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { GovernorStand, kill, until } from './governor-stand.ts'

let stand: GovernorStand
beforeAll(async () => { stand = await GovernorStand.open() })
afterEach(() => stand.drain())
afterAll(() => stand.close())

test('a group that stands still while deliveries pile up: exact count, growing age, pressed; drained: nothing, not pressed', async () => {
  await stand.register('looker')
  const governor = await stand.start()
  await until(() => stand.now('looker', 0) !== undefined, 'the agent is measured')
  expect(stand.now('looker', 2)).toEqual({ waitingRecords: 0, oldestAgeMs: 0, drainPerS: 25, expectedWaitMs: 0, isPressed: false })

  await stand.abort('looker', 2, 7)
  await stand.deliver('looker', 2, 21)
  await stand.abort('looker', 2, 3)
  await until(() => stand.now('looker', 2)?.waitingRecords === 21, 'all wait, and neither markers nor aborted ones are counted')
  const { oldestAgeMs } = stand.now('looker', 2)!
  await until(() => stand.now('looker', 2)!.oldestAgeMs > oldestAgeMs + 1_000, 'the oldest grows old')
  await until(() => stand.now('looker', 2)!.isPressed, 'the class is pressed')
  expect(stand.now('looker', 2)!.expectedWaitMs).toBeGreaterThanOrEqual(1_600)
  expect([0, 1, 3].map(priority => stand.now('looker', priority)!.waitingRecords)).toEqual([0, 0, 0])
  const metrics = await (await fetch(`http://127.0.0.1:${governor.healthPort}/metrics`)).text()
  expect(metrics).toMatch(/mesh_governor_waiting_records\{agent="looker",priority="2",process="governor"\} 21\n/)
  expect(metrics).toMatch(/mesh_governor_pressed\{agent="looker",priority="2",process="governor"\} 1\n/)

  await stand.handle('looker', 2, 21, 4)
  await until(() => stand.now('looker', 2)!.waitingRecords === 13, 'what its group has committed does not count')
  await stand.handle('looker', 2, 21)
  await until(() => stand.now('looker', 2)!.waitingRecords === 0, 'nothing waits, though markers lie behind the last delivery')
  expect(stand.now('looker', 2)).toEqual({ waitingRecords: 0, oldestAgeMs: 0, drainPerS: 25, expectedWaitMs: 0, isPressed: false })
})

test('a backlog larger than a chunk is estimated closely', async () => {
  await stand.register('flooded')
  await stand.deliver('flooded', 3, 300, 1_000)
  await stand.start()
  await until(() => (stand.now('flooded', 3)?.waitingRecords ?? 0) > 0, 'the backlog is measured')
  expect(Math.abs(stand.now('flooded', 3)!.waitingRecords - 300)).toBeLessThanOrEqual(15)
})

test('batches larger than a chunk are seen all the same', async () => {
  await stand.register('heavy')
  await stand.deliver('heavy', 1, 4, 60_000)
  await stand.start()
  await until(() => stand.now('heavy', 1)?.waitingRecords === 4, 'all are counted')
})

test('an agent that is gone is taken away; one whose inbox is not there hides no other', async () => {
  await stand.register('leaver')
  await stand.register('broken')
  await stand.start()
  await until(() => stand.now('leaver', 0) !== undefined && stand.now('broken', 0) !== undefined, 'both are measured')
  await stand.unregister('leaver')
  await stand.admin.deleteTopics({ topics: [stand.names.inbox('broken', 1)] })
  await until(() => stand.said.findLast(({ key }) => key === 'leaver')!.pressure === null, 'it is taken away')
  await until(() => stand.said.findLast(({ key }) => key === 'broken')!.pressure === null, 'what can\'t be measured is unknown, not zero')
  const beats = stand.heartbeats().length
  await stand.deliver('looker', 0, 2)
  await until(() => stand.now('looker', 0)?.waitingRecords === 2, 'others are measured')
  await until(() => stand.heartbeats().length > beats, 'the heartbeat goes on')
  await stand.unregister('broken')
})

test('several governors say the same, little more often than one, and a killed one leaves silence', async () => {
  const children = [stand.spawnGovernor(), stand.spawnGovernor()]
  const before = stand.heartbeats().length
  await until(() => stand.heartbeats().length >= before + 4, 'both run')
  await stand.register('shared')
  await until(() => stand.now('shared', 0) !== undefined, 'the agent is measured')
  await stand.deliver('shared', 1, 8)
  await until(() => stand.now('shared', 1)?.isPressed === true, 'the class is pressed')
  const flips = stand.said.filter(({ key }) => key === 'shared').map(({ pressure }) => pressure!.classes[1]!.isPressed)
  expect(flips.filter((pressed, i) => i > 0 && pressed !== flips[i - 1])).toEqual([true])
  for (const child of children) await kill(child)
  const count = stand.said.length
  const lastBeatAtMs = stand.heartbeats().at(-1)!.appendedAtMs
  await until(() => Date.now() - lastBeatAtMs > 6_000, 'three heartbeats would have come')
  expect(stand.said.length - count).toBeLessThanOrEqual(1)
})

test('while it runs, the heartbeat comes every two seconds and calm agents are not repeated', async () => {
  await stand.register('calm')
  await stand.start()
  await until(() => stand.now('calm', 0) !== undefined, 'the agent is measured')
  const before = stand.heartbeats().length
  const records = stand.said.length
  await until(() => stand.heartbeats().length >= before + 3, 'two more heartbeats come')
  const beats = stand.heartbeats().slice(before)
  expect(beats[2]!.appendedAtMs - beats[0]!.appendedAtMs).toBeGreaterThanOrEqual(3_900)
  expect(beats[2]!.appendedAtMs - beats[0]!.appendedAtMs).toBeLessThan(6_000)
  expect(stand.said.slice(records).filter(({ key }) => key === 'calm')).toEqual([])
})
