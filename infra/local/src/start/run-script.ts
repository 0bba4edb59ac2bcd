import { spawn } from 'node:child_process'
import { repositoryRoot } from '../home.ts'

/** Runs one of the repository's scripts to its end; answers its exit code and all that it printed. */
export function runScript (command: readonly string[], environment: Readonly<Record<string, string>>): Promise<{ code: number, output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...command], {
      cwd: repositoryRoot, detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment }
    })
    const chunks: Buffer[] = []
    child.stdout.on('data', chunk => chunks.push(chunk))
    child.stderr.on('data', chunk => chunks.push(chunk))
    child.once('error', reject)
    child.once('close', code => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() }))
  })
}
