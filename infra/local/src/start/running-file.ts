// What `npm start` has running, on disk: for the command line, which reads the addresses, and for the next start,
// which ends what a crashed one left.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { devStack, type Environment, meshHome, stackFolder } from '../home.ts'
import { type ProcessIdentity, signal } from '../process-identity.ts'
import { writeJson } from '../state-file.ts'

export interface Running {
  readonly meshEnvironment: Readonly<Record<string, string>>
  readonly processes: readonly ProcessIdentity[]
}

export const runningFile = (folder: string): string => join(folder, 'mesh.json')

export const writeRunning = (folder: string, running: Running): void => writeJson(runningFile(folder), running)

export const forgetRunning = (folder: string): void => rmSync(runningFile(folder), { force: true })

/** Addresses of the mesh that `npm start` runs on this machine, as environment variables; empty where none runs. */
export function localMeshEnvironment (environment: Environment = process.env): Readonly<Record<string, string>> {
  try {
    const { meshEnvironment } = JSON.parse(readFileSync(runningFile(stackFolder(meshHome(environment), devStack)), 'utf8')) as Running
    return meshEnvironment
  } catch {
    return {}
  }
}

/** Ends what an earlier `npm start` left behind; answers how many. */
export function endLeftovers (folder: string): number {
  let ended = 0
  try {
    const { processes } = JSON.parse(readFileSync(runningFile(folder), 'utf8')) as Running
    for (const identity of processes) if (signal(identity, 'SIGKILL')) ended++
  } catch { /* there was none */ }
  forgetRunning(folder)
  return ended
}
