// Where a command's answer goes: tables and colours for a person, JSON for a program.
//
// Invariants:
//   T1. Only answers go to standard output; everything else to standard error.
//   T2. A reader that goes away (`| head`) ends the command quietly.
//   T3. A slow reader slows the command down: nothing piles up here.
import Table from 'cli-table3'
import { once } from 'node:events'
import { createColors } from 'picocolors'
import type { Paint } from './core/paint.ts'

export interface Terminal {
  readonly json: boolean
  readonly paint: Paint
  /** Aborted when nobody reads any more. */
  readonly closed: AbortSignal
  line (text: string): Promise<void>
  value (value: unknown, indent?: number): Promise<void>
  table (headings: readonly string[], rows: readonly (readonly string[])[]): Promise<void>
  warn (text: string): void
  /** How far something slow is, at a terminal only; undefined takes it away. */
  progress (text: string | undefined): void
}

export function openTerminal (options: { readonly json: boolean, readonly colors: boolean }): Terminal {
  const paint = paintWith(options.colors && !options.json)
  const closing = new AbortController()
  const { stdout } = process
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    closing.abort()
    if (error.code === 'EPIPE') return
    process.stderr.write(`mesh: standard output can't be written: ${error.message}\n`)
    process.exit(1)
  })
  const line = async (text: string): Promise<void> => {
    if (closing.signal.aborted || stdout.write(`${text}\n`)) return
    await once(stdout, 'drain', { signal: closing.signal }).catch(() => { /* nobody reads any more */ })
  }
  return {
    json: options.json,
    paint,
    closed: closing.signal,
    line,
    value: (value, indent = 2) => line(JSON.stringify(value, null, indent)),
    table: (headings, rows) => line(renderTable(headings, rows, paint)),
    warn: text => { process.stderr.write(`${text}\n`) },
    progress: text => { if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text ?? ''}`) }
  }
}

export function paintWith (enabled: boolean): Paint {
  const { green, red, yellow, dim, bold } = createColors(enabled)
  return { good: green, bad: red, unsure: yellow, faint: dim, strong: bold }
}

export function renderTable (headings: readonly string[], rows: readonly (readonly string[])[], paint: Paint): string {
  const table = new Table({
    head: headings.map(paint.faint),
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 2 },
    chars: {
      top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
      left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: ''
    }
  })
  for (const row of rows) table.push([...row])
  return table.toString().split('\n').map(text => text.trimEnd()).join('\n')
}
