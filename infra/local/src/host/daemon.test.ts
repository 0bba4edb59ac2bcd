import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { isAlive } from '../process-identity.ts'
import { awaitReady, launch, stopProcess } from './daemon.ts'

let folder: string
let logFile: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesh-daemon-'))
  logFile = join(folder, 'logs', 'part.log')
})
afterEach(() => { rmSync(folder, { recursive: true, force: true }) })

const start = (code: string) => launch('Part', { command: process.execPath, args: ['-e', code], cwd: folder, logFile })
const never = () => Promise.resolve(false)

test('a part that dies at start is reported with the last lines of its log', async () => {
  const identity = await start('console.log("cannot go on: bad setting"); process.exit(3)')
  const ready = awaitReady({ part: 'Part', identity, logFile, timeoutMs: 10_000, probe: never })
  await expect(ready).rejects.toMatchObject({ code: 'PART_DIED', message: expect.stringContaining('cannot go on: bad setting') })
})

test.each([
  ['java.io.IOException: No space left on device', /disk is full/],
  ['java.net.BindException: Address already in use', /port was taken/],
  ['There is insufficient memory for the Java Runtime', /out of memory/]
])('%j in its log is explained', async (line, advice) => {
  const identity = await start(`console.log(${JSON.stringify(line)}); process.exit(1)`)
  await expect(awaitReady({ part: 'Part', identity, logFile, timeoutMs: 10_000, probe: never })).rejects.toMatchObject({ message: expect.stringMatching(advice) })
})

test('a part that never gets ready is given up after its time', async () => {
  const identity = await start('setInterval(() => {}, 1000)')
  await expect(awaitReady({ part: 'Part', identity, logFile, timeoutMs: 50, probe: never })).rejects.toMatchObject({ code: 'PART_NOT_READY' })
  expect(await stopProcess(identity, 'SIGTERM', 5000)).toBe('stopped')
  expect(isAlive(identity)).toBe(false)
})

test('a process that ignores the request is killed after the grace period', async () => {
  const identity = await start('process.on("SIGTERM", () => {}); require("fs").writeFileSync("ready", ""); setInterval(() => {}, 1000)')
  const { existsSync } = await import('node:fs')
  await awaitReady({ part: 'Part', identity, logFile, timeoutMs: 10_000, probe: () => Promise.resolve(existsSync(join(folder, 'ready'))) })
  expect(await stopProcess(identity, 'SIGTERM', 200)).toBe('killed')
  expect(await stopProcess(identity, 'SIGTERM', 200)).toBe('absent')
})

test('a program that is not there is said', async () => {
  const absent = launch('Part', { command: '/nowhere/part', args: [], cwd: folder, logFile })
  await expect(absent).rejects.toMatchObject({ code: 'PART_DIED', message: expect.stringContaining('/nowhere/part') })
})
