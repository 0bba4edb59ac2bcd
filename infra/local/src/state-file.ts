// What a stack remembers between commands. One file for the stack, and one for each part's process, so that
// two processes which restart different parts don't overwrite each other.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { explainFileError } from './errors.ts'
import type { PortNumbers } from './ports.ts'
import type { ProcessIdentity } from './process-identity.ts'
import { type PartName, partNames, type StackAddresses, type StackKind } from './stack.ts'

export interface StackState {
  readonly name: string
  readonly kind: StackKind
  readonly reason: string
  // Who stops it: the process that runs `npm start` or `npm test`; null after `npm run up`.
  readonly owner: ProcessIdentity | null
  readonly keepData: boolean
  readonly ports: PortNumbers
  readonly addresses: StackAddresses
  // Servers that were on the machine before: used, and never stopped.
  readonly external: readonly PartName[]
  readonly postgresFolder: string
  readonly startedAt: string
}

export const stateFile = (folder: string): string => join(folder, 'state.json')
const processFile = (folder: string, part: PartName) => join(folder, `${part}.process.json`)

function readJson<T> (path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T
  } catch {
    return undefined
  }
}

// Written beside and renamed, so that a reader never sees half a file.
export function writeJson (path: string, value: unknown): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    const temporary = `${path}.${process.pid}.tmp`
    writeFileSync(temporary, `${JSON.stringify(value, null, 2)}\n`)
    renameSync(temporary, path)
  } catch (error) {
    throw explainFileError(error, path)
  }
}

export const readState = (folder: string): StackState | undefined => readJson<StackState>(stateFile(folder))
export const writeState = (folder: string, state: StackState): void => writeJson(stateFile(folder), state)
export const readProcess = (folder: string, part: PartName): ProcessIdentity | undefined => readJson<ProcessIdentity>(processFile(folder, part))
/** Those that run as processes of this machine. */
export function partProcesses (folder: string): (readonly [part: PartName, identity: ProcessIdentity])[] {
  return partNames.flatMap(part => {
    const identity = readProcess(folder, part)
    return identity === undefined ? [] : [[part, identity] as const]
  })
}
export const writeProcess = (folder: string, part: PartName, identity: ProcessIdentity): void => writeJson(processFile(folder, part), identity)
export const forgetProcess = (folder: string, part: PartName): void => rmSync(processFile(folder, part), { force: true })
