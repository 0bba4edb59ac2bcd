import { expect, test } from '@jest/globals'
import { terminalProgress } from './progress.ts'

function harness (isTTY: boolean, columns = 80) {
  let nowMs = 0
  const written: string[] = []
  const progress = terminalProgress({ isTTY, columns, write: text => written.push(text) }, () => nowMs)
  return { progress, written, advance: (ms: number) => { nowMs += ms } }
}

const plain = (text: string) => text.replaceAll(/\u001b\[[0-9;]*[mK]/g, '')

test('without a terminal: a line at the start and one when done, with the time it took', () => {
  const { progress, written, advance } = harness(false)
  const step = progress.step('kafka')
  step.update('starting')
  advance(1234)
  step.done('127.0.0.1:29092')
  expect(written.map(plain)).toEqual(['… kafka\n', '✓ kafka             1.2 s  127.0.0.1:29092\n'])
})

test('on a terminal: a live line with what still runs, below the finished ones', () => {
  const { progress, written, advance } = harness(true)
  const kafka = progress.step('kafka')
  progress.step('redis', 'starting')
  advance(2000)
  kafka.done()
  progress.close()
  const screen = plain(written.join(''))
  expect(screen).toMatch(/✓ kafka {13}2\.0 s\n\r… redis 2\.0 s \(starting\)/)
})

test('the live line never wraps', () => {
  const { progress, written } = harness(true, 20)
  progress.step('kafka', 'a detail that is much longer than the terminal is wide')
  progress.note('x')
  progress.close()
  for (const line of plain(written.join('')).split(/[\r\n]/)) expect(line.length).toBeLessThan(20)
})

test('a step is finished once', () => {
  const { progress, written } = harness(false)
  const step = progress.step('kafka')
  step.failed('PART_DIED')
  step.done()
  expect(written).toHaveLength(2)
})
