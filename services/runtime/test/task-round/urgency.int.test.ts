// A backlog in the least urgent lane, in big batches, while urgent records trickle in.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Scenario } from './scenario.ts'

let scenario: Scenario

beforeEach(async () => {
  scenario = new Scenario(1)
  await scenario.open()
})
afterEach(() => scenario.close())

const backlog = 12_000

test('urgent records overtake the backlog, which drains all the same, in order', async () => {
  const { load, reader } = scenario
  for (let sent = 0; sent < backlog; sent += 2_000) await load.send(Array.from({ length: 2_000 }, (_, i) => load.input(3, 'plain', i % 20, 200)))
  const worker = scenario.worker('a', { tellRounds: true })
  await worker.running(0)
  const urgent: string[] = []
  const waitedMs: number[] = []
  while (reader.outputs.filter(({ lane, type }) => type === 'in' && lane === 3).length < backlog) {
    const sentAtMs = performance.now()
    const input = load.input(0, 'plain', 21 + urgent.length % 5)
    urgent.push(input.id)
    await load.send([input])
    await reader.until(`${input.id} out`, () => reader.outputs.at(-1)?.id === input.id || reader.outputs.some(({ id }) => id === input.id))
    waitedMs.push(performance.now() - sentAtMs)
  }
  await scenario.expectContract()
  const rounds = worker.events.filter(({ event }) => event === 'round')
  const total = load.sent.length
  console.log(`${urgent.length} urgent among ${backlog} in ${rounds.length} rounds; waited ${waitedMs.toSorted((a, b) => a - b).at(Math.floor(waitedMs.length / 2))?.toFixed(1)} ms at the median`)
  // Sent after the whole backlog, out before most of it: each was followed by more of the backlog than it had waited for.
  const places = urgent.slice(0, -1).map(id => reader.outputs.findIndex(output => output.id === id))
  expect(urgent.length).toBeGreaterThan(3)
  expect(places[0]).toBeLessThan(total / 2)
  expect(Math.max(...places.slice(1).map((place, i) => place - places[i]!))).toBeLessThan(4_000)
})
