// A coordinator stopped inside a transaction past its session, and continued: the zombie.
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { flawless, settleAndJudge } from './judgement.ts'
import { loadAgents, sendLoad } from './load.ts'
import { MeshStand, taskCount } from './mesh-stand.ts'

let stand: MeshStand
afterEach(() => stand.close())

const isStopped = (pid: number) => execFileSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('T')

test('SIGSTOP inside a transaction, SIGCONT after its tasks were given away: its commit is refused, and it works again', async () => {
  stand = new MeshStand()
  await stand.open(loadAgents)
  const signalFile = join(tmpdir(), `stop-${randomUUID()}`)
  const zombie = stand.startCoordinator('zombie', 'faulty', { TEST_SIGNAL: 'SIGSTOP', TEST_SIGNAL_FILE: signalFile })
  stand.startCoordinator('other')
  const loading = sendLoad(stand, 10_000, 500)
  await stand.until('both deciding', () => stand.decidedBy('zombie') > 100 && stand.decidedBy('other') > 100)
  writeFileSync(signalFile, '')
  await stand.until('the zombie standing still', () => isStopped(zombie.pid!))
  const stoppedAt = stand.audit.length
  const logBefore = readFileSync(stand.logFile('zombie'), 'utf8').length
  await stand.until('the other one owning all tasks', () => {
    const tasks = new Set(stand.audit.slice(stoppedAt).filter(({ value }) => value.decidedBy === 'other').map(({ value }) => value.task))
    return tasks.size === taskCount
  })
  zombie.kill('SIGCONT')
  const own = stand.decidedBy('zombie')
  await stand.until('the late commit being refused', () => /PRODUCER_FENCED|INVALID_PRODUCER_EPOCH|UNKNOWN_PRODUCER_ID|INVALID_TXN_STATE|old epoch|newer producer/i.test(readFileSync(stand.logFile('zombie'), 'utf8').slice(logBefore)))
  await stand.until('the zombie deciding again', () => stand.decidedBy('zombie') > own + 50)
  expect(await settleAndJudge(await loading, stand)).toEqual(flawless)
}, 240_000)
