import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { acquireLock, readLock } from './lock.ts'
import { isAlive, ownIdentity, signal } from './process-identity.ts'

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesh-lock-'))
  path = join(folder, 'deep', 'start.lock')
})
afterEach(() => { rmSync(folder, { recursive: true, force: true }) })

test('one holder at a time, named to the other', () => {
  const first = acquireLock(path)
  const second = acquireLock(path)
  expect(first.held).toBe(true)
  expect(second).toMatchObject({ held: false, holder: { pid: process.pid } })
})

test('released, it can be had again, and nothing is left beside it', () => {
  for (let i = 0; i < 3; i++) {
    const lock = acquireLock(path)
    expect(lock.held).toBe(true)
    if (lock.held) lock.release()
  }
  expect(readdirSync(join(folder, 'deep'))).toEqual([])
})

test('a lock whose process id has been given to another process holds nothing', () => {
  acquireLock(path)
  writeFileSync(path, JSON.stringify({ pid: process.pid, startTime: 'of another time', since: '2026-01-01T00:00:00.000Z' }))
  expect(readLock(path)).toBeUndefined()
  expect(acquireLock(path).held).toBe(true)
})

test('a lock file that was cut off holds nothing', () => {
  acquireLock(path)
  writeFileSync(path, '{"pid": 1')
  expect(acquireLock(path).held).toBe(true)
})

test('a process is signalled by id and start time together', () => {
  const self = ownIdentity()
  expect(isAlive(self)).toBe(true)
  // Would end this test if the start time were not looked at.
  expect(signal({ ...self, startTime: 'of another time' }, 'SIGKILL')).toBe(false)
})
