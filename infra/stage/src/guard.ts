// What ends a run that can't end itself. It outlives the run's own process by a moment: when that is gone, or when the
// run's time is over, it kills every process that the run has started, and its stack. Files are left to the next run of the
// tests, which knows them by their folder.
//
// Given on its standard input, a line each: `pid START_TIME`. Arguments: the time that it lets the run have, the run's own
// process, and the stack's folder.
import { identityOf, isAlive, partProcesses, type ProcessIdentity } from '@mesh/local-stack'
import { createInterface } from 'node:readline'

const [, , boundMs, runPid, stackFolder] = process.argv as unknown as [string, string, string, string, string]
const run = identityOf(Number(runPid))
const started: ProcessIdentity[] = []

// A terminal's Ctrl-C is the run's to answer.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined)

const lines = createInterface({ input: process.stdin })
lines.on('line', line => {
  if (line === 'done') process.exit(0)
  const [pid, startTime] = line.split(' ')
  started.push({ pid: Number(pid), startTime: startTime! })
})
lines.on('close', endAll)
setTimeout(() => {
  process.stderr.write('the run did not end in its time; its processes are killed\n')
  endAll()
}, Number(boundMs))

function endAll (): void {
  if (run !== undefined) kill(run)
  for (const identity of [...started, ...partProcesses(stackFolder).map(([, identity]) => identity)]) kill(identity)
  process.exit(0)
}

function kill (identity: ProcessIdentity): void {
  try {
    if (isAlive(identity)) process.kill(identity.pid, 'SIGKILL')
  } catch { /* it is gone */ }
}
