// A coordinator that stops or kills itself inside a transaction, once, when the test's file appears.
import { existsSync } from 'node:fs'
import { runCoordinator } from '../src/process.ts'

const { TEST_SIGNAL: signal = '', TEST_SIGNAL_FILE: file = '' } = process.env
let signalled = false

await runCoordinator({
  async insideTransaction () {
    if (signalled || !existsSync(file)) return
    signalled = true
    process.kill(process.pid, signal)
    // The signal arrives while this turn of the loop runs or just after it: the commit must not slip through before.
    await new Promise(resolve => setTimeout(resolve, 50))
  }
})
