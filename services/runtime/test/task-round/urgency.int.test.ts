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
  while (reader.outputs.filter(({ lane, type }) => type === 'in' && lane === 3).length < backlog) {
    const input = load.input(0, 'plain', 21 + urgent.length % 5)
    urgent.push(input.id)
    await load.send([input])
    await reader.until(`${input.id} out`, () => reader.outputs.some(({ id }) => id === input.id))
  }
  await scenario.expectContract()
  const rounds = worker.events.filter(({ event }) => event === 'round')
  const total = load.sent.length
  // By the broker's clock, from the append of the input to the append of its output.
  const waitedMs = reader.outputs.filter(({ lane }) => lane === 0).map(({ appendedAtMs, inputAtMs }) => appendedAtMs - inputAtMs).toSorted((a, b) => a - b)
  const median = waitedMs[Math.floor(waitedMs.length / 2)]
  console.log(`${urgent.length} urgent among ${backlog} in ${rounds.length} rounds: ${median} ms at the median, ${waitedMs.at(-1)} ms at most`)
  // Sent after the whole backlog, out before most of it: each was followed by more of the backlog than it had waited for.
  const places = urgent.slice(0, -1).map(id => reader.outputs.findIndex(output => output.id === id))
  expect(urgent.length).toBeGreaterThan(3)
  expect(places[0]).toBeLessThan(total / 2)
  expect(Math.max(...places.slice(1).map((place, i) => place - places[i]!))).toBeLessThan(4_000)
})
