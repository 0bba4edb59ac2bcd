// How long what stands still when coordinators come and go under load: the tasks of the one that went, and the readers of
// all the others. Prints the gaps. Run by `npm run test:long -- --testPathPatterns failover`.
//
// The session timeout is 3 s here: long enough that a coordinator which is busy or swapped for two seconds is not given up,
// short enough for a takeover within a few. Transactions time out after 2 s, so that an open one of the dead holds readers
// no longer.
import { afterEach, expect, test } from '@jest/globals'
import { partitionFor } from '@mesh/topics'
import { flawless, settleAndJudge } from './judgement.ts'
import { loadAgents, sendLoad } from './load.ts'
import { MeshStand, taskCount } from './mesh-stand.ts'

let stand: MeshStand
afterEach(() => stand.close())

const perSecond = 1_000
const sessionTimeoutMs = 3_000
const settleMs = 3_000

test('a coordinator killed, restarted at once, stopped gracefully, and one that joins: how long tasks and readers stand still', async () => {
  stand = new MeshStand()
  await stand.open(loadAgents)
  stand.startCoordinator('c1')
  stand.startCoordinator('c2')
  const loading = sendLoad(stand, 60_000, perSecond)
  const arrivals: number[][] = Array.from({ length: taskCount }, () => [])
  const answer = stand.onInbox
  stand.onInbox = (dispatch, delivery) => {
    arrivals[partitionFor(dispatch.workflowId, taskCount)]!.push(performance.now())
    answer(dispatch, delivery)
  }
  const ownerOf = () => Array.from({ length: taskCount }, (_, task) => stand.audit.findLast(({ value }) => value.task === task)?.value.decidedBy)
  const longestGapMs = (times: readonly number[]) => Math.max(0, ...times.slice(1).map((atMs, i) => atMs - times[i]!))
  /** Longest time without an arrival at a reader, of some tasks, since a moment. */
  const unreadMs = (tasks: readonly number[], sinceMs: number) => Math.round(Math.max(0, ...tasks.map(task =>
    longestGapMs([sinceMs, ...arrivals[task]!.filter(atMs => atMs >= sinceMs), performance.now()]))))
  /** Longest time without a decision: readers may wait for the open transaction of one that died, its survivors must not. */
  const undecidedMs = (tasks: readonly number[], sinceMs: number) => Math.max(0, ...tasks.map(task =>
    longestGapMs([sinceMs, ...stand.audit.filter(({ value }) => value.task === task && value.atMs >= sinceMs).map(({ value }) => value.atMs)])))
  const tasksOf = (id: string) => ownerOf().flatMap((owner, task) => owner === id ? [task] : [])
  const allFlowing = (sinceMs: number) => arrivals.every(times => times.some(atMs => atMs > sinceMs))
  const measure = async (what: string, owner: string, act: () => void) => {
    const [own, others] = [tasksOf(owner), ownerOf().flatMap((id, task) => id === owner ? [] : [task])]
    const [sinceMs, sinceEpochMs] = [performance.now(), Date.now()]
    act()
    await stand.until(`all tasks flowing after: ${what}`, () => performance.now() > sinceMs + sessionTimeoutMs + settleMs && allFlowing(performance.now() - 500))
    const gaps = { own: unreadMs(own, sinceMs), others: unreadMs(others, sinceMs), survivors: undecidedMs(others, sinceEpochMs) }
    console.log(`${what}: readers of its ${own.length} tasks waited ${gaps.own} ms, those of the other ${others.length} ${gaps.others} ms; these decided nothing for ${gaps.survivors} ms`)
    return gaps
  }

  await stand.until('both owning', () => tasksOf('c1').length > 0 && tasksOf('c2').length > 0 && allFlowing(performance.now() - 500))
  const killed = await measure('killed', 'c1', () => stand.signal('c1', 'SIGKILL'))
  const joined = await measure('another joins', 'c1', () => { stand.startCoordinator('c1') })
  await stand.until('both owning again', () => tasksOf('c1').length > 0 && tasksOf('c2').length > 0)
  const restarted = await measure('killed and restarted at once', 'c2', () => {
    stand.signal('c2', 'SIGKILL')
    stand.startCoordinator('c2')
  })
  await stand.until('both owning once more', () => tasksOf('c1').length > 0 && tasksOf('c2').length > 0)
  const stopped = await measure('stopped gracefully', 'c1', () => stand.signal('c1', 'SIGTERM'))

  expect(await settleAndJudge(await loading, stand)).toEqual(flawless)
  expect(killed.own).toBeLessThan(sessionTimeoutMs + 2_000)
  expect(killed.others).toBeLessThan(3_000)
  expect(restarted.others).toBeLessThan(3_000)
  expect(restarted.survivors).toBeLessThan(1_000)
  expect(joined.survivors).toBeLessThan(1_000)
  expect(stopped.own).toBeLessThan(1_000)
}, 300_000)
