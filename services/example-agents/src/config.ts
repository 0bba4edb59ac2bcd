import { sdkConfig } from '@mesh/agent-sdk'
import { type ConfigValues, defineConfig } from '@mesh/runtime'
import { z } from 'zod'

export const config = defineConfig({
  kafkaBrokers: sdkConfig.kafkaBrokers,
  schemaRegistryUrl: sdkConfig.schemaRegistryUrl,
  registryUrl: sdkConfig.registryUrl,
  namespace: sdkConfig.namespace,
  logLevel: sdkConfig.logLevel,
  healthPort: { ...sdkConfig.agentHealthPort, env: 'MESH_HEALTH_PORT', doc: 'Port of /healthz, /readyz and /metrics; 0 for none.' },
  gatewayPort: {
    env: 'MESH_GATEWAY_PORT',
    schema: z.coerce.number().int().min(0).max(65_535).default(7480),
    doc: 'Port of the human gateway\'s HTTP interface (domain conversation); 0 for any free one.'
  },
  gatewayHost: {
    env: 'MESH_GATEWAY_HOST',
    schema: z.string().min(1).default('127.0.0.1'),
    doc: 'Address that the human gateway listens on; 0.0.0.0 in a container.'
  },
  turnsMax: {
    env: 'MESH_GATEWAY_TURNS_MAX',
    schema: z.coerce.number().int().min(1).max(10_000).default(64),
    doc: 'Turns that may be waited for at once; one more is refused with TURNS_FULL.'
  },
  databaseUrl: {
    env: 'DATABASE_URL',
    schema: z.string().regex(/^postgres(ql)?:\/\//, { error: 'must be a postgres:// address' }),
    doc: 'PostgreSQL database of conversations, contacts and counts.',
    secret: true
  },
  exampleSchema: {
    env: 'MESH_EXAMPLE_SCHEMA',
    schema: z.string().regex(/^[a-z][a-z0-9_]{0,40}$/, { error: 'must be 1 to 41 of a-z, 0-9 and _, beginning with a letter' }).default('mesh_example'),
    doc: 'Schema of their tables; made if it does not exist.'
  }
})

export type Settings = ConfigValues<typeof config>
