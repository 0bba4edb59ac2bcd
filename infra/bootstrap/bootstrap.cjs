// What every npm script runs first: plain JavaScript without dependencies, on whatever Node the machine has.
// It makes sure that the packages are installed, then runs the command on the mesh's own Node 24.
//
// This file alone must load on very old versions of Node, to tell them so: the others are loaded after the check.
'use strict'

const nodeMajorMin = 20

function checkMachine () {
  if (Number.parseInt(process.versions.node, 10) < nodeMajorMin) {
    return 'Node ' + process.versions.node + ' is too old to start the mesh: install Node ' + nodeMajorMin + ' or newer (nodejs.org, or: nvm install ' + nodeMajorMin + '). The mesh then runs on its own Node 24.'
  }
  if (process.platform === 'win32') return 'The mesh runs on Linux and macOS. On Windows, use it inside WSL (wsl --install).'
  return undefined
}

function fail (message) {
  process.stderr.write(message + '\n')
  process.exitCode = 1
}

// For launchers such as `mesh`: the script on Node 24, in the caller's folder, with signals and exit code passed through.
function runPinned (script, args) {
  const problem = checkMachine()
  if (problem) return fail(problem)
  return require('./run.cjs').runScript({ script, args, nodeArgs: [], env: {}, keepFolder: true }).catch(explain)
}

function main (name, args) {
  const problem = checkMachine()
  if (problem) return fail(problem)
  const commands = require('./commands.cjs').commands
  const command = Object.prototype.hasOwnProperty.call(commands, name) ? commands[name] : undefined
  if (!command) return fail((name ? 'Unknown command ' + name + '.' : 'No command given.') + ' Commands: ' + Object.keys(commands).join(', ') + '.')
  return require('./run.cjs').runScript({ ...command, args: [...command.args, ...args], keepFolder: command.keepFolder === true }).catch(explain)
}

function explain (error) {
  fail(error && error.advice ? error.advice : error instanceof Error ? String(error.stack) : String(error))
}

module.exports = { runPinned }

if (require.main === module) main(process.argv[2], process.argv.slice(3))
