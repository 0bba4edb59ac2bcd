// Connecting: every schema registered, every id learned, before the first record.
//
// K1. A registry that is away is waited for, with growing pauses, up to waitMs; then the error says what to do.
// K2. A refusal (an incompatible schema) is final and thrown at once.
import { setTimeout as pause } from 'node:timers/promises'
import { schemas } from './generated/schemas.ts'
import { RegistryClient } from './registry-client.ts'
import { SchemaRegistryError } from './registry-error.ts'
import { topLevelNames } from './top-level-names.ts'
import { WireCodec, writerOf } from './wire-codec.ts'
import type { Codec, SchemaName, Writer } from './wire-codec.ts'

const firstPauseMs = 100
const pauseMsMax = 2_000
// Records with unknown ids may come by the thousand; the registry is asked once in this time.
const refreshPauseMs = 1_000

export interface ConnectOptions {
  readonly schemaRegistryUrl: string
  /** How long to wait for a registry that is away; 30 s. */
  readonly waitMs?: number
  readonly onWaiting?: (message: string) => void
}

/** Registers the mesh's schemas (subject = full record name), learns all ids and resolves. Throws SchemaRegistryError. */
export async function connectCodec (options: ConnectOptions): Promise<Codec> {
  const client = new RegistryClient(options.schemaRegistryUrl)
  const writers = new Map<number, Writer>()
  const known = new Set<string>()
  const idOf = await waitedFor(options, async () => {
    const ids = await registerSchemas(client)
    await learn(client, writers, known)
    return ids
  })
  return new WireCodec(idOf, writers, spaced(() => learn(client, writers, known)))
}

export async function registerSchemas (client: RegistryClient): Promise<Record<SchemaName, number>> {
  const entries = await Promise.all(topLevelNames.map(async name => [name, await client.register(schemas[name].subject, schemas[name].schema)] as const))
  return Object.fromEntries(entries) as Record<SchemaName, number>
}

async function learn (client: RegistryClient, writers: Map<number, Writer>, known: Set<string>): Promise<void> {
  await Promise.all(topLevelNames.map(async name => {
    const { subject } = schemas[name]
    for (const version of await client.versions(subject)) {
      const key = `${subject}/${version}`
      if (known.has(key)) continue
      const { id, schema } = await client.version(subject, version)
      writers.set(id, writerOf(name, schema))
      known.add(key)
    }
  }))
}

function spaced (refresh: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  let lastAtMs = -Infinity
  return () => {
    if (running !== undefined) return running
    if (performance.now() - lastAtMs < refreshPauseMs) return Promise.resolve()
    running = refresh().finally(() => {
      lastAtMs = performance.now()
      running = undefined
    })
    return running
  }
}

async function waitedFor<T> (options: ConnectOptions, attempt: () => Promise<T>): Promise<T> {
  const waitMs = options.waitMs ?? 30_000
  const deadline = performance.now() + waitMs
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, pauseMsMax)) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof SchemaRegistryError) || !error.retriable) throw error
      const leftMs = deadline - performance.now()
      if (leftMs <= 0) {
        throw new SchemaRegistryError('UNREACHABLE',
          `${error.message}; waited ${waitMs / 1000} s. Start the stack with \`npm run up\`, or set MESH_SCHEMA_REGISTRY_URL to a registry that runs.`, error)
      }
      options.onWaiting?.(`${error.message}; waiting up to ${Math.ceil(leftMs / 1000)} s more`)
      await pause(Math.min(pauseMs, leftMs))
    }
  }
}
