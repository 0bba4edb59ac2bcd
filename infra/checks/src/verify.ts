// `npm run verify`: the fast checks, each by name, all of them even when one fails, so that one run tells everything.
import { spawn } from 'node:child_process'
import pc from 'picocolors'

interface Check { readonly name: string, readonly args: readonly string[] }

const node = (...args: string[]) => args
const checks: readonly Check[] = [
  { name: 'types', args: node('node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json') },
  { name: 'lint and layers', args: node('node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0') },
  { name: 'schemas', args: node('schemas/scripts/check.ts') },
  { name: 'docs', args: node('infra/checks/src/docs-check.ts') },
  { name: 'unit tests', args: node('--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--selectProjects', 'unit', '--silent') }
]

const failed: string[] = []
for (const check of checks) {
  const startedMs = performance.now()
  process.stdout.write(pc.isColorSupported && process.stdout.isTTY ? pc.dim(`… ${check.name}\r`) : '')
  const { code, output } = await run(check.args)
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1)
  console.log(`${code === 0 ? pc.green('ok') : pc.red('failed')}  ${check.name} (${seconds} s)`)
  if (code !== 0) {
    failed.push(check.name)
    console.log(output.trimEnd())
  }
}
if (failed.length > 0) console.log(pc.red(`verify: ${failed.join(', ')} failed`))
process.exitCode = failed.length > 0 ? 1 : 0

function run (args: readonly string[]): Promise<{ code: number, output: string }> {
  return new Promise(resolve => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    const chunks: Buffer[] = []
    child.stdout.on('data', chunk => chunks.push(chunk))
    child.stderr.on('data', chunk => chunks.push(chunk))
    child.on('close', code => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() }))
  })
}
