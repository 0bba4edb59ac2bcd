import { join } from 'node:path'

export type StackKind = 'docker' | 'host'
export const partNames = ['kafka', 'schema-registry', 'postgres', 'redis'] as const
export type PartName = typeof partNames[number]

export interface StackAddresses {
  readonly kafkaBrokers: string[]
  readonly schemaRegistryUrl: string
  readonly databaseUrl: string
  readonly redisUrl: string
}

export interface Stack {
  readonly name: string
  readonly kind: StackKind
  // Why this kind: printed as `stack: host (Docker daemon not reachable: …)`.
  readonly reason: string
  readonly addresses: StackAddresses
  readonly folder: string
  // False where the stack was already up, by `npm run up`: then `stop` leaves it up.
  readonly ownedHere: boolean
  // Same ports and data. Redis is empty afterwards, as after the loss of a Redis.
  restart (part: PartName): Promise<void>
  kill (part: PartName): Promise<void>
  startPart (part: PartName): Promise<void>
  isUp (part: PartName): Promise<boolean>
  stop (): Promise<void>
  // For a second Ctrl-C: SIGKILL, synchronously, no drain.
  stopNow (): void
}

/** Where an archiver keeps what it signs, outside its database: below the folder of whatever the mesh lives and goes with. */
export function checkpointEnvironment (folder: string): Record<string, string> {
  return { MESH_CHECKPOINTS_FOLDER: join(folder, 'checkpoints'), MESH_CHECKPOINT_KEY_FILE: join(folder, 'checkpoint-key.pem') }
}

export function stackEnvironment (addresses: StackAddresses): Record<string, string> {
  return {
    MESH_KAFKA_BROKERS: addresses.kafkaBrokers.join(','),
    MESH_SCHEMA_REGISTRY_URL: addresses.schemaRegistryUrl,
    DATABASE_URL: addresses.databaseUrl,
    REDIS_URL: addresses.redisUrl
  }
}
