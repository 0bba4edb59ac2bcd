// Where and of what a figure is.
import { repositoryRoot } from '@mesh/local-stack'
import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'

export function machineText (): string {
  const all = cpus()
  return `${all.length} × ${(all[0]?.model ?? 'unknown').trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`
}

/** Short, with a plus when the checkout has changes. */
export function commitText (): string {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: repositoryRoot, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') === '' ? '' : '+'}`
  } catch {
    return 'unknown'
  }
}
