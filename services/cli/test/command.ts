// The command line as a person runs it, as a process of its own.
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves with the first line of standard output, or of standard error, that fits. */
  line (pattern: RegExp): Promise<string>
}

export function startMesh (args: readonly string[], environment: Readonly<Record<string, string>> = {}): Running {
  const inherited = { ...process.env, NO_COLOR: '', FORCE_COLOR: '', MESH_LOG_LEVEL: '' }
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], { env: { ...inherited, ...environment }, stdio: ['pipe', 'pipe', 'pipe'] })
  const texts = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => { texts.out += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { texts.err += text })
  const ended = new Promise<Ended>(resolve => child.once('close', (code, signal) => resolve({ code, signal, ...texts })))
  const lines: string[] = []
  const listeners = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', line => {
      lines.push(line)
      for (const listener of listeners) listener()
    })
  }
  return {
    child,
    ended,
    line: pattern => new Promise((resolve, reject) => {
      const look = (): void => {
        const found = lines.find(line => pattern.test(line))
        if (found !== undefined) resolve(found)
      }
      listeners.add(look)
      look()
      void ended.then(({ err }) => reject(new Error(`it ended without ${pattern}: ${err}`)))
    })
  }
}

export function runMesh (args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const running = startMesh(args, environment)
  running.child.stdin!.end()
  return running.ended
}
