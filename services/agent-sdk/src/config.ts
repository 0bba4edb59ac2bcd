// The SDK's settings: options first, then the environment, else an error that names all that is missing.
import { commonEntries, type ConfigValues, defineConfig, loadConfig } from '@mesh/runtime'
import { z } from 'zod'
import { sdkCodes } from './codes.ts'
import { MeshError } from './errors.ts'

export const sdkConfig = defineConfig({
  kafkaBrokers: commonEntries.kafkaBrokers,
  schemaRegistryUrl: commonEntries.schemaRegistryUrl,
  registryUrl: { env: 'MESH_REGISTRY_URL', schema: z.url(), doc: 'Base URL of the agent registry.' },
  namespace: commonEntries.namespace,
  logLevel: commonEntries.logLevel,
  signatures: { env: 'MESH_SIGNATURES', schema: z.enum(['required', 'off']).default('required'), doc: 'Whether dispatches are signed, and refused when they are not their source\'s; as the coordinators have it.' },
  signingKey: { env: 'MESH_SIGNING_KEY', schema: z.string().optional(), secret: true, doc: 'Private key to sign with, Ed25519 as PKCS #8 in PEM; left out, that of the file.' },
  keysFolder: { env: 'MESH_KEYS_FOLDER', schema: z.string().min(1).default('.mesh/keys'), doc: 'Folder with AGENT.pem, the private key of each agent; made on the first start.' },
  agentHealthPort: {
    env: 'MESH_AGENT_HEALTH_PORT', schema: z.coerce.number().int().min(0).max(65_535).default(0),
    doc: 'Port of the agent\'s /healthz, /readyz and /metrics; 0 for none.'
  }
})

export interface StartOptions {
  /** Kafka bootstrap servers, host:port; else MESH_KAFKA_BROKERS. */
  readonly brokers?: readonly string[]
  /** Else MESH_SCHEMA_REGISTRY_URL. */
  readonly schemaRegistryUrl?: string
  /** Else MESH_REGISTRY_URL. */
  readonly registryUrl?: string
  /** First part of every topic; else MESH_NAMESPACE, else mesh. */
  readonly namespace?: string
  /** Else MESH_LOG_LEVEL, else info. */
  readonly logLevel?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
  /** Where AGENT.pem lies, or is made on the first start; else MESH_KEYS_FOLDER, else .mesh/keys. */
  readonly keysFolder?: string
  /** Serves /healthz, /readyz and /metrics here, once for all agents of a start; else MESH_AGENT_HEALTH_PORT. 0 for none. */
  readonly healthPort?: number
  /** Whole time for `stop`, milliseconds; 10,000. */
  readonly drainMs?: number
  /** How long to wait for brokers and registries at start, milliseconds; 30,000. */
  readonly waitMs?: number
  /** Calls of one agent that may wait for an answer at once; 10,000. */
  readonly callsMax?: number
  /** Longest wait of a rebalance for handlers that run, milliseconds; 3,000, at most 4,000. */
  readonly handoffMs?: number
  /** `auto`: while the agent is over its quota, what it sends waits here, at half of its rate, and not in the mesh; `off` by default. */
  readonly pace?: 'auto' | 'off'
  /** Must be unique among the running instances; a new one by default. */
  readonly instanceId?: string
}

export interface Settings extends ConfigValues<typeof sdkConfig> {
  /** 0 for none. */
  readonly healthPort: number
  readonly drainMs: number
  readonly waitMs: number
  readonly callsMax: number
  readonly handoffMs: number
  readonly pace: 'auto' | 'off'
  readonly instanceId: string | undefined
}

export const drainMsDefault = 10_000

export function settingsFrom (options: StartOptions, environment: Readonly<Record<string, string | undefined>> = process.env): Settings {
  const given = {
    MESH_KAFKA_BROKERS: options.brokers?.join(','),
    MESH_SCHEMA_REGISTRY_URL: options.schemaRegistryUrl,
    MESH_REGISTRY_URL: options.registryUrl,
    MESH_NAMESPACE: options.namespace,
    MESH_LOG_LEVEL: options.logLevel,
    MESH_KEYS_FOLDER: options.keysFolder
  }
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  try {
    const loaded = loadConfig(sdkConfig, { ...environment, ...set })
    return {
      ...loaded,
      healthPort: options.healthPort ?? loaded.agentHealthPort,
      drainMs: options.drainMs ?? drainMsDefault,
      waitMs: options.waitMs ?? 30_000,
      callsMax: options.callsMax ?? 10_000,
      handoffMs: options.handoffMs ?? 3_000,
      pace: options.pace ?? 'off',
      instanceId: options.instanceId
    }
  } catch (error) {
    throw new MeshError('CONFIG_INVALID', (error as Error).message, { ...sdkCodes.CONFIG_INVALID, cause: error })
  }
}
