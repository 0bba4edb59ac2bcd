import { meshHome, stackFolder } from './home.ts'
import type { Environment } from './home.ts'
import { isAlive } from './process-identity.ts'
import type { PartName, StackAddresses, StackKind } from './stack.ts'
import { partNames } from './stack.ts'
import { partsOf } from './start-stack.ts'
import { readState } from './state-file.ts'

export interface PartStatus {
  readonly part: PartName
  readonly isUp: boolean
  readonly isExternal: boolean
  readonly address: string
  readonly pid: number | null
  readonly log: string
}

export interface StackStatus {
  readonly name: string
  readonly isKnown: boolean
  readonly isUp: boolean
  readonly kind: StackKind | null
  readonly reason: string
  readonly ownerPid: number | null
  readonly addresses: StackAddresses | null
  readonly parts: readonly PartStatus[]
}

export async function stackStatus (name: string, environment: Environment = process.env): Promise<StackStatus> {
  const home = meshHome(environment)
  const state = readState(stackFolder(home, name))
  if (!state) return { name, isKnown: false, isUp: false, kind: null, reason: '', ownerPid: null, addresses: null, parts: [] }
  const stackParts = await partsOf(home, state, environment)
  const address: Readonly<Record<PartName, string>> = {
    kafka: `kafka://${state.addresses.kafkaBrokers.join(',')}`, 'schema-registry': state.addresses.schemaRegistryUrl,
    postgres: state.addresses.databaseUrl, redis: state.addresses.redisUrl
  }
  const parts: PartStatus[] = []
  for (const part of partNames) {
    const isExternal = state.external.includes(part)
    // Whether a server of the user's is up is the user's to know.
    const isUp = isExternal || await stackParts.isUp(part)
    parts.push({ part, isUp, isExternal, address: address[part], ...isExternal ? { pid: null, log: '' } : stackParts.describe(part) })
  }
  const ownerPid = state.owner && isAlive(state.owner) ? state.owner.pid : null
  return { name, isKnown: true, isUp: parts.every(part => part.isUp), kind: state.kind, reason: state.reason, ownerPid, addresses: state.addresses, parts }
}
