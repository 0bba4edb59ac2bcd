// Brings a stack up, or takes over the one that is.
//
// Invariants:
//   S1. At most one process at a time starts or stops a stack's parts (the lock).
//   S2. Its state is on disk before the first part starts, and each part's process at once: whatever dies leaves nothing unknown.
//   S3. Only the owner stops it; a stack put up by `npm run up` has no owner, and outlives every `npm start`.
import { join } from 'node:path'
import { chooseByDaemon, chooseByImages, wantedStack } from './choice.ts'
import type { Choice } from './choice.ts'
import { dockerFacts } from './docker/facts.ts'
import { StackError, makeFolder } from './errors.ts'
import { useExternalServers } from './external-servers.ts'
import { cacheFolder, meshHome, stackFolder } from './home.ts'
import type { Environment } from './home.ts'
import { choosePostgresFolder } from './host/postgres-user.ts'
import { hostParts } from './host/host-stack.ts'
import { postgresUrl } from './host/postgres.ts'
import { schemaRegistryPath } from './host/schema-registry.ts'
import { acquireLock } from './lock.ts'
import { choosePorts, isPortFree } from './ports.ts'
import type { PortNumbers } from './ports.ts'
import { isAlive, ownIdentity } from './process-identity.ts'
import type { Progress } from './progress.ts'
import { composeStack } from './running-stack.ts'
import { checkPorts, startParts } from './part-start.ts'
import type { Stack, StackAddresses } from './stack.ts'
import type { StackParts } from './stack-parts.ts'
import { readState, writeState } from './state-file.ts'
import type { StackState } from './state-file.ts'
import { preferredPorts } from './versions.ts'

export interface StartOptions {
  readonly name: string
  readonly progress: Progress
  readonly keepData: boolean
  // `nobody`: stays up after this process, until `npm run down`.
  readonly owner?: 'this process' | 'nobody'
  readonly environment?: Environment
}

const namePattern = /^[a-z][a-z0-9-]{0,30}$/

export async function startStack (options: StartOptions): Promise<Stack> {
  const environment = options.environment ?? process.env
  if (!namePattern.test(options.name)) throw new StackError('BAD_SETTING', `${options.name} can't name a stack: ${namePattern}`)
  const home = meshHome(environment)
  const folder = stackFolder(home, options.name)
  const lock = acquireLock(join(folder, 'start.lock'))
  if (!lock.held) {
    throw new StackError('ALREADY_RUNNING', `The stack ${options.name} is being started or stopped by process ${lock.holder.pid} (since ${lock.holder.since}). Wait for it, then run the command again.`)
  }
  try {
    const before = await existing(home, folder, environment)
    if (before) return await takeOver(before, home, options, environment)
    return await startAnew(home, folder, options, environment)
  } finally {
    lock.release()
  }
}

interface Existing { readonly state: StackState, readonly parts: StackParts }

export async function partsOf (home: string, state: StackState, environment: Environment): Promise<StackParts> {
  if (state.kind === 'host') return hostParts(home, state, environment)
  // Loaded only where Docker is used: it takes half a second.
  const { dockerParts } = await import('./docker/docker-stack.ts')
  return dockerParts(home, state)
}

async function existing (home: string, folder: string, environment: Environment): Promise<Existing | undefined> {
  const state = readState(folder)
  if (!state) return undefined
  const parts = await partsOf(home, state, environment)
  for (const name of parts.names) if (await parts.isUp(name)) return { state, parts }
  return undefined
}

async function takeOver ({ state, parts }: Existing, home: string, options: StartOptions, environment: Environment): Promise<Stack> {
  const self = ownIdentity()
  const ownerLives = state.owner !== null && state.owner.pid !== self.pid && isAlive(state.owner)
  const staysUp = state.owner === null
  // `npm run up` keeps up what a crashed `npm start` left; a running one keeps its own.
  const owner = ownerLives || staysUp ? state.owner : options.owner === 'nobody' ? null : self
  await checkPorts(state, parts)
  const next = { ...state, owner }
  writeState(stackFolder(home, state.name), next)
  options.progress.note(`stack: ${state.kind} (already up${ownerLives ? `, by process ${state.owner?.pid}` : ''}; ${state.reason})`)
  await startParts(parts, options.progress)
  return composeStack({ home, state: next, parts, ownedHere: !ownerLives && !staysUp && options.owner !== 'nobody', environment })
}

async function startAnew (home: string, folder: string, options: StartOptions, environment: Environment): Promise<Stack> {
  const choice = await chooseStack(options, environment)
  const external = await useExternalServers(options.name, environment)
  const named = external.parts.map(part => part === 'postgres' ? 'PostgreSQL from DATABASE_URL' : 'Redis from REDIS_URL')
  options.progress.note(`stack: ${choice.kind} (${[choice.reason, ...named].join('; ')})`)
  const before = readState(folder)
  if (before && before.kind !== choice.kind) options.progress.note(`the data of the ${before.kind} stack stays where it is; this one has its own`)
  const ports = await choosePorts({
    settings: options.name === 'dev' ? environment : {},
    remembered: before?.ports,
    preferred: options.name === 'dev' ? preferredPorts : undefined,
    isFree: isPortFree,
    random: Math.random
  })
  makeFolder(cacheFolder(home, environment))
  const addresses = { ...privateAddresses(ports), ...external.addresses }
  const state: StackState = {
    name: options.name, kind: choice.kind, reason: choice.reason, owner: options.owner === 'nobody' ? null : ownIdentity(), keepData: options.keepData,
    ports, addresses, external: external.parts, postgresFolder: choosePostgresFolder(folder), startedAt: new Date().toISOString()
  }
  writeState(folder, state)
  const parts = await partsOf(home, state, environment)
  const stack = composeStack({ home, state, parts, ownedHere: options.owner !== 'nobody', environment })
  try {
    await startParts(parts, options.progress)
    return stack
  } catch (error) {
    // What did start would be in the way of the next try.
    await Promise.allSettled(parts.names.map(name => parts.stop(name)))
    throw error
  }
}

async function chooseStack (options: StartOptions, environment: Environment): Promise<Choice> {
  const wanted = wantedStack(environment.MESH_STACK)
  const choice = chooseByDaemon(wanted, wanted === 'host' ? { daemon: 'missing', detail: '' } : await dockerFacts(environment))
  if (choice.kind === 'host') return choice
  const { imageFacts } = await import('./docker/images.ts')
  const facts = await imageFacts(options.progress)
  if (facts.images === 'unavailable' && wanted !== 'docker') options.progress.note(`Docker answers, but ${facts.detail}: the parts run on this machine instead`)
  return chooseByImages(wanted, choice, facts)
}

function privateAddresses (ports: PortNumbers): StackAddresses {
  return {
    kafkaBrokers: [`127.0.0.1:${ports.kafka}`],
    schemaRegistryUrl: `http://127.0.0.1:${ports['schema-registry']}${schemaRegistryPath}`,
    databaseUrl: postgresUrl(ports.postgres),
    redisUrl: `redis://127.0.0.1:${ports.redis}`
  }
}
