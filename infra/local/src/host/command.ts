import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Environment } from '../home.ts'

export interface CommandResult { readonly exitCode: number | 'absent', readonly output: string }

const timeoutMs = 20_000

export function run (command: string, args: readonly string[], env: Environment = process.env): Promise<CommandResult> {
  return new Promise(resolve => {
    execFile(command, args, { encoding: 'utf8', timeout: timeoutMs, env: env as NodeJS.ProcessEnv }, (error, stdout, stderr) => {
      const code = (error as NodeJS.ErrnoException | null)?.code
      if (code === 'ENOENT' || code === 'EACCES') resolve({ exitCode: 'absent', output: '' })
      else resolve({ exitCode: error ? (typeof code === 'number' ? code : 1) : 0, output: `${stdout}${stderr}` })
    })
  })
}

export const pathFolders = (environment: Environment): string[] =>
  [...(environment.PATH ?? '').split(delimiter).filter(folder => folder !== ''), '/opt/homebrew/bin', '/usr/local/bin']

export const findExecutable = (name: string, folders: readonly string[]): string | undefined =>
  folders.map(folder => join(folder, name)).find(isExecutable)

function isExecutable (path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
