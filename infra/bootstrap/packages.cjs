// Installs the packages when package-lock.json isn't the one that was installed last.
//
// Invariants:
//   B1. Nothing is installed while what is there fits: npm's own record is believed, whoever ran npm.
//   B2. One install at a time (`npm ci` empties node_modules first); another one waits for it and looks again.
//   B3. No package's install script is needed, so `ignore-scripts` changes nothing.
'use strict'

const { spawn } = require('node:child_process')
const { createHash } = require('node:crypto')
const fs = require('node:fs')
const { join } = require('node:path')
const { AdviceError, adviceForNpm } = require('./advice.cjs')
const { root } = require('./commands.cjs')
const { findRuntime } = require('./runtime.cjs')

const stampFile = join(root, 'node_modules', '.mesh-install')
const lockFolder = join(root, '.mesh')
const installLock = join(lockFolder, 'install.lock')
const waitMsMax = 600_000
const pollMs = 250

function readJson (path) {
  try {
    return JSON.parse(fs.readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

function lockHash () {
  try {
    return createHash('sha256').update(fs.readFileSync(join(root, 'package-lock.json'))).digest('hex')
  } catch (error) {
    throw new AdviceError(`package-lock.json can't be read (${error.message}): restore it with git checkout package-lock.json.`)
  }
}

// Pure: whether npm's record of what it installed holds everything that the lock file asks for on every platform.
function isInstalled (lock, installed) {
  if (!lock || !lock.packages || !installed || !installed.packages) return false
  return Object.entries(lock.packages).every(([path, wanted]) => {
    if (path === '' || !path.includes('node_modules') || wanted.optional || wanted.devOptional) return true
    const there = installed.packages[path]
    return there !== undefined && (wanted.link === true || there.version === wanted.version)
  })
}

// The command and environment that every script of the mesh runs with.
async function preparePackages () {
  const hash = lockHash()
  const known = stamped(hash)
  if (known) return known
  const release = await acquire()
  try {
    return stamped(hash) ?? await installAndStamp(hash)
  } finally {
    release()
  }
}

function stamped (hash) {
  const stamp = readJson(stampFile)
  return stamp && stamp.lock === hash && typeof stamp.runtime === 'string' && fs.existsSync(stamp.runtime) ? stamp.runtime : undefined
}

async function installAndStamp (hash) {
  const fits = isInstalled(readJson(join(root, 'package-lock.json')), readJson(join(root, 'node_modules', '.package-lock.json')))
  if (!fits) await install()
  const runtime = findRuntime(root)
  try {
    fs.writeFileSync(stampFile, JSON.stringify({ lock: hash, runtime }))
  } catch (error) {
    throw new AdviceError(`${stampFile} can't be written (${error.message}): free the disk or give yourself the folder, then run the command again.`)
  }
  return runtime
}

async function install () {
  const isFirst = !fs.existsSync(join(root, 'node_modules'))
  const major = Number.parseInt(process.versions.node, 10)
  const engines = major < 24 ? ` npm's warnings (EBADENGINE) about this machine's Node ${process.versions.node} are expected: the mesh runs on its own Node 24.` : ''
  process.stderr.write(`Installing packages (${isFirst ? 'first run' : 'package-lock.json has changed'}).${engines}\n`)
  // The level is said because `npm run --silent` hands its own down, and a failure could then not be explained.
  const flags = ['--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=warn', '--progress=false']
  const clean = await npm(['ci', ...flags])
  if (clean.code === 0) return
  // `ci` refuses a lock file that lacks what some other platform would need; `install` takes it as it is. The checkout stays clean.
  const isIncomplete = /\bEUSAGE\b|in sync/i.test(clean.output)
  if (isIncomplete) process.stderr.write('npm ci finds the lock file incomplete for some platform: npm install goes on with what it holds\n')
  const second = isIncomplete ? await npm(['install', '--no-save', ...flags]) : clean
  if (second.code !== 0) throw new AdviceError(adviceForNpm(second.output))
}

function npm (args) {
  // Under `npm start` this is the very npm that runs us.
  const ours = process.env.npm_execpath
  const [command, first] = ours && /npm-cli\.c?js$/.test(ours) ? [process.execPath, [ours]] : ['npm', []]
  const began = Date.now()
  const isTerminal = process.stderr.isTTY === true
  const ticker = setInterval(() => {
    if (isTerminal) process.stderr.write(`\r\u001b[K… npm ${args[0]} ${((Date.now() - began) / 1000).toFixed(0)} s`)
  }, 500)
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...first, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const read = chunk => { output = (output + chunk).slice(-100_000) }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('error', error => {
      clearInterval(ticker)
      reject(new AdviceError(error.code === 'ENOENT' ? 'npm is not on the PATH: it comes with Node (nodejs.org); install it, then run the command again.' : `npm could not be run: ${error.message}`))
    })
    child.once('close', code => {
      clearInterval(ticker)
      if (isTerminal) process.stderr.write('\r\u001b[K')
      if (code === 0) process.stderr.write(`packages installed in ${((Date.now() - began) / 1000).toFixed(0)} s\n`)
      resolve({ code, output })
    })
  })
}

async function acquire () {
  const began = Date.now()
  let isTold = false
  for (;;) {
    try {
      fs.mkdirSync(lockFolder, { recursive: true })
      fs.writeFileSync(installLock, String(process.pid), { flag: 'wx' })
      return () => fs.rmSync(installLock, { force: true })
    } catch (error) {
      if (error.code !== 'EEXIST') throw new AdviceError(`${installLock} can't be written (${error.message}): free the disk or give yourself the folder, then run the command again.`)
    }
    const holder = Number(readText(installLock))
    if (!isRunning(holder)) {
      fs.rmSync(installLock, { force: true })
      continue
    }
    if (Date.now() - began > waitMsMax) throw new AdviceError(`Process ${holder} has been installing packages for ${waitMsMax / 60_000} minutes. End it, delete ${installLock}, and run the command again.`)
    if (!isTold) process.stderr.write(`waiting for process ${holder}, which is installing packages\n`)
    isTold = true
    await new Promise(resolve => setTimeout(resolve, pollMs))
  }
}

function readText (path) {
  try {
    return fs.readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function isRunning (pid) {
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

module.exports = { isInstalled, preparePackages }
