// What the run may change in a process of the load while it lives, by a file that the process looks at.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'

export interface Dials {
  /** Added to what this process takes for the time. */
  readonly clockMs: number
  /** Added to the run of each handler. */
  readonly slowMs: number
  /** Wall-clock time of the load's start and end; 0 before it is known. */
  readonly loadFromMs: number
  readonly loadUntilMs: number
}

export const noDials: Dials = { clockMs: 0, slowMs: 0, loadFromMs: 0, loadUntilMs: 0 }
export const dialsVariable = 'TORTURE_DIALS'
export const lookMs = 100

export function turnDials (file: string, dials: Dials): void {
  writeFileSync(`${file}.new`, JSON.stringify(dials))
  renameSync(`${file}.new`, file)
}

export function readDials (file: string | undefined): Dials {
  if (file === undefined) return noDials
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Dials
  } catch {
    return noDials
  }
}
