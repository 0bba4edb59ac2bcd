// Which port each part listens on.
//
// Invariants:
//   P1. A port that the user set is used or the start fails; it is never replaced.
//   P2. A remembered port is used again while it is free, so that addresses survive `down` and `up`.
//   P3. No two parts get the same port.
//   P4. A free port is given once in a process: whoever asked first may not listen on it yet.
import { createServer } from 'node:net'
import { StackError } from './errors.ts'
import type { Environment } from './home.ts'
import { randomPortMax, randomPortMin } from './versions.ts'

export const portNames = ['kafka', 'kafkaController', 'schema-registry', 'postgres', 'redis'] as const
export type PortName = typeof portNames[number]
export type PortNumbers = Readonly<Record<PortName, number>>

export const portSettings: Readonly<Record<PortName, string>> = {
  kafka: 'MESH_KAFKA_PORT',
  kafkaController: 'MESH_KAFKA_CONTROLLER_PORT',
  'schema-registry': 'MESH_SCHEMA_REGISTRY_PORT',
  postgres: 'MESH_POSTGRES_PORT',
  redis: 'MESH_REDIS_PORT'
}

const randomTriesMax = 100

export interface PortFacts {
  readonly settings: Environment
  readonly remembered: Partial<PortNumbers> | undefined
  readonly preferred: Partial<PortNumbers> | undefined
  readonly isFree: (port: number) => Promise<boolean>
  readonly random: () => number
}

export function isPortFree (port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}

// Below what Linux (32768) and macOS (49152) give to outgoing connections: one of those could take the port before whoever asked
// for it listens. Apart from those of the stack (versions.ts).
const freePortMin = 12_000
const freePortMax = 19_999

const given = new Set<number>()

/** One that nobody listens on at this moment, that no connection is given, and that nobody else here was told. */
export async function freePort (): Promise<number> {
  for (let tries = 0; tries < randomTriesMax; tries++) {
    const port = freePortMin + Math.floor(Math.random() * (freePortMax - freePortMin + 1))
    if (given.has(port) || !await isPortFree(port)) continue
    given.add(port)
    return port
  }
  throw new StackError('PORT_BUSY', `No free port found between ${freePortMin} and ${freePortMax} in ${randomTriesMax} tries.`)
}

function parsePort (setting: string, value: string): number {
  const port = Number(value)
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port
  throw new StackError('BAD_SETTING', `${setting}=${value} is not a port. Set it to a number from 1 to 65535, or unset it.`)
}

async function choosePort (name: PortName, facts: PortFacts, taken: ReadonlySet<number>): Promise<number> {
  const isUsable = async (port: number | undefined): Promise<boolean> => port !== undefined && !taken.has(port) && await facts.isFree(port)
  const set = facts.settings[portSettings[name]]
  if (set) {
    const port = parsePort(portSettings[name], set)
    if (await isUsable(port)) return port
    throw new StackError('PORT_BUSY', `Port ${port} (${portSettings[name]}) is taken by another program. Stop that program, set ${portSettings[name]} to a free port, or unset it to have one chosen.`)
  }
  for (const port of [facts.remembered?.[name], facts.preferred?.[name]]) {
    if (port !== undefined && await isUsable(port)) return port
  }
  for (let tries = 0; tries < randomTriesMax; tries++) {
    const port = randomPortMin + Math.floor(facts.random() * (randomPortMax - randomPortMin + 1))
    if (await isUsable(port)) return port
  }
  throw new StackError('PORT_BUSY', `No free port found for ${name} between ${randomPortMin} and ${randomPortMax} in ${randomTriesMax} tries. Set ${portSettings[name]} to a free port.`)
}

export async function choosePorts (facts: PortFacts, names: readonly PortName[] = portNames): Promise<PortNumbers> {
  const chosen: Partial<Record<PortName, number>> = {}
  // Those the user set come first, so that a remembered one can't take their place.
  const ordered = [...names].sort((a, b) => Number(Boolean(facts.settings[portSettings[b]])) - Number(Boolean(facts.settings[portSettings[a]])))
  for (const name of ordered) chosen[name] = await choosePort(name, facts, new Set(Object.values(chosen)))
  return { ...facts.remembered, ...chosen } as PortNumbers
}
