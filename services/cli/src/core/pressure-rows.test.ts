import { expect, test } from '@jest/globals'
import type { ClassPressure, Pressure } from '@mesh/schemas'
import { plainPaint } from './paint.ts'
import { pressureHeadings, pressureLines, pressureRows, silence, silentAfterMs } from './pressure-rows.ts'

const idle: ClassPressure = { waitingRecords: 0, oldestAgeMs: 0, drainPerS: 50, expectedWaitMs: 0, isPressed: false }
const pressure = (agent: string, ...classes: ClassPressure[]): Pressure => ({ agent, atMs: 1, classes, health: 'healthy', instances: 1 })

test('each agent has a row for each class, by name', () => {
  const pressed = { waitingRecords: 1_200, oldestAgeMs: 8_000, drainPerS: 12.34, expectedWaitMs: 180_000, isPressed: true }
  const rows = pressureRows(pressureLines([pressure('memory', idle, pressed), pressure('bot', { ...idle, waitingRecords: 1, oldestAgeMs: 12.4, expectedWaitMs: 20 })]), plainPaint)
  expect(rows).toEqual([
    ['bot', 'P0', '1', '12 ms', '50.0', '20 ms', ''], ['memory', 'P0', '0', '', '50.0', '0 ms', ''], ['memory', 'P1', '1200', '8.0 s', '12.3', '3 min', 'pressed']
  ])
  expect(rows[0]).toHaveLength(pressureHeadings.length)
})

test('the governor\'s silence is said: after a while, and where it never spoke', () => {
  expect(silence(1_000, 1_000 + silentAfterMs)).toBeUndefined()
  expect(silence(1_000, 1_001 + silentAfterMs)).toContain('silent for 10.0 s')
  expect(silence(null, 0)).toContain('does it run?')
})
