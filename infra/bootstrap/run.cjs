// Runs a script on the mesh's own Node; what happens to the one happens to the other.
//
// Invariants:
//   R1. The child's exit code, or the signal that ended it, is ours.
//   R2. One Ctrl-C reaches the child once: the terminal sends it to the whole group, so it isn't passed on; npm repeats it
//       to us, which is why one that follows within a moment is the same one. A later one is passed on as the first was.
'use strict'

const { spawn } = require('node:child_process')
const { existsSync, readFileSync } = require('node:fs')
const { AdviceError } = require('./advice.cjs')
const { root } = require('./commands.cjs')
const { preparePackages } = require('./packages.cjs')

const sameSignalMs = 200
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']

async function runScript ({ script, args, nodeArgs, env, keepFolder }) {
  const runtime = await preparePackages()
  if (!existsSync(script)) throw new AdviceError(`${script} is missing: is this a whole checkout? (git status)`)
  // Users can do nothing about what Node says of its own experiments.
  const child = spawn(runtime, ['--disable-warning=ExperimentalWarning', ...nodeArgs, script, ...args], {
    cwd: keepFolder ? process.cwd() : root, stdio: 'inherit', env: { ...process.env, ...env }
  })
  passSignals(child)
  child.once('error', error => {
    process.stderr.write(`${runtime} could not be run: ${error.message}\n`)
    process.exit(1)
  })
  child.once('exit', (code, signal) => {
    if (signal === null) return process.exit(code)
    for (const name of signals) process.removeAllListeners(name)
    process.kill(process.pid, signal)
    // A signal that is ignored here must not let us seem successful.
    setTimeout(() => process.exit(1), 1000)
  })
}

function passSignals (child) {
  const lastMs = {}
  for (const name of signals) {
    process.on(name, () => {
      const nowMs = performance.now()
      const isRepeated = lastMs[name] !== undefined && nowMs - lastMs[name] < sameSignalMs
      lastMs[name] = nowMs
      const hasItAlready = name !== 'SIGTERM' && isTerminalGroup()
      if (!isRepeated && !hasItAlready) child.kill(name)
    })
  }
}

// Whether a terminal's Ctrl-C goes to this process's group, and so to the child too.
function isTerminalGroup () {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[2] === fields[5]
  } catch {
    return process.stdin.isTTY === true
  }
}

module.exports = { runScript }
