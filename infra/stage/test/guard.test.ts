// The guard ends what a run can't: processes here stand for the run and for what it has started.
import { identityOf, isAlive, type ProcessIdentity } from '@mesh/local-stack'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('../src/guard.ts', import.meta.url))
let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'stage-guard-')) })
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

function started (args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], { stdio: ['pipe', 'ignore', 'ignore'] })
  child.stdin!.on('error', () => undefined)
  children.push(child)
  return child
}

const living = (): ProcessIdentity => identityOf(started(['-e', 'setInterval(() => {}, 1000)']).pid!)!
const ended = (child: ChildProcess): Promise<unknown> => new Promise(resolve => child.once('exit', resolve))

function guardOf (run: ProcessIdentity, actor: ProcessIdentity, part: ProcessIdentity, boundMs: number): ChildProcess {
  writeFileSync(join(folder, 'kafka.process.json'), JSON.stringify(part))
  const guard = started([script, String(boundMs), String(run.pid), folder])
  guard.stdin!.write(`${actor.pid} ${actor.startTime}\n`)
  return guard
}

test('when the time is over, the run, what it has started and its stack are killed', async () => {
  const [run, actor, part] = [living(), living(), living()]
  await ended(guardOf(run, actor, part, 500))
  for (const identity of [run, actor, part]) expect(await gone(identity)).toBe(true)
}, 30_000)

test('when the run dies, what it leaves is killed; a process that merely has the same number is not', async () => {
  const [run, actor, part] = [living(), living(), living()]
  const guard = guardOf(run, { ...actor, startTime: 'another' }, part, 60_000)
  guard.stdin!.end()
  await ended(guard)
  expect(await gone(part)).toBe(true)
  expect(isAlive(actor)).toBe(true)
}, 30_000)

test('when the run says that it is done, nothing is touched', async () => {
  const [run, actor, part] = [living(), living(), living()]
  const guard = guardOf(run, actor, part, 60_000)
  guard.stdin!.end('done\n')
  await ended(guard)
  for (const identity of [run, actor, part]) expect(isAlive(identity)).toBe(true)
}, 30_000)

async function gone (identity: ProcessIdentity): Promise<boolean> {
  for (let looks = 0; looks < 100 && isAlive(identity); looks++) await new Promise(resolve => setTimeout(resolve, 50))
  return !isAlive(identity)
}
