import { existsSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { StackError } from './errors.ts'
import { meshHome, stackFolder } from './home.ts'
import type { Environment } from './home.ts'
import { composeStack } from './running-stack.ts'
import type { Stack, StackAddresses, StackKind } from './stack.ts'
import { partsOf } from './start-stack.ts'
import { readState } from './state-file.ts'

export interface FoundStack { readonly name: string, readonly kind: StackKind, readonly reason: string, readonly addresses: StackAddresses }

// The stack of that name, if every part of it is up.
export async function findStack (name: string, environment: Environment = process.env): Promise<FoundStack | undefined> {
  const home = meshHome(environment)
  const state = readState(stackFolder(home, name))
  if (!state) return undefined
  const parts = await partsOf(home, state, environment)
  for (const part of parts.names) if (!await parts.isUp(part)) return undefined
  return { name, kind: state.kind, reason: state.reason, addresses: state.addresses }
}

// For a test in a worker process: the stack that Jest's global setup started, with its parts to restart or kill.
// It is the setup's own: `stop` does nothing here.
export async function attachStack (environment: Environment = process.env): Promise<Stack> {
  const file = environment.MESH_TEST_STACK
  const folder = file ? dirname(file) : ''
  const state = file && existsSync(file) ? readState(folder) : undefined
  if (!state) throw new StackError('STACK_NOT_RUNNING', 'No test stack: MESH_TEST_STACK names no state file. Run the test by `npm test`, whose setup starts one.')
  const home = dirname(folder)
  return composeStack({ home, state: { ...state, name: basename(folder) }, parts: await partsOf(home, state, environment), ownedHere: false, environment })
}
