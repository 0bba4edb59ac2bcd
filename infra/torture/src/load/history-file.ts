// What a process of the load intended and saw, a JSON line each, in the file before it goes on: what a killed process had
// written stays.
import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Acked, Answered, Handled, Intent } from '../core/history.ts'

export type Noted = Intent | Acked | Answered | Handled

export class HistoryFile {
  readonly #file: number

  constructor (folder: string, name: string) { this.#file = openSync(join(folder, `${name}.jsonl`), 'a') }

  note (...entries: readonly Noted[]): void {
    if (entries.length > 0) writeSync(this.#file, entries.map(entry => `${JSON.stringify(entry)}\n`).join(''))
  }

  close (): void { closeSync(this.#file) }
}

/** All that was noted in a folder. A line that a kill cut off says nothing. */
export function notedIn (folder: string): Noted[] {
  return readdirSync(folder).filter(file => file.endsWith('.jsonl')).flatMap(file =>
    readFileSync(join(folder, file), 'utf8').split('\n').flatMap(line => {
      try {
        return line === '' ? [] : [JSON.parse(line) as Noted]
      } catch {
        return []
      }
    }))
}
