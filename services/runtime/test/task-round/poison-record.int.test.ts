// Records that no round can be made of.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Scenario } from './scenario.ts'

let scenario: Scenario

beforeEach(async () => {
  scenario = new Scenario(1)
  await scenario.open()
})
afterEach(() => scenario.close())

test.each(['poison-plan', 'poison-size', 'poison-topic'] as const)('%s: two of them are found and set aside, and all others go through in order', async kind => {
  const { load } = scenario
  const inputs = Array.from({ length: 300 }, (_, i) => load.input(i % 4, i === 70 || i === 221 ? kind : i % 20 === 1 ? 'timer' : 'plain', i % 7))
  await load.send(inputs)
  const worker = scenario.worker('a')
  await worker.running(0)
  await scenario.expectContract()
  const setAside = worker.events.filter(({ msg }) => msg === 'a record is set aside: it made its round fail again and again')
  expect(setAside.map(({ level }) => level)).toEqual(['error', 'error'])
  await load.send([load.input(0, 'plain', 3)])
  await scenario.expectContract()
})
