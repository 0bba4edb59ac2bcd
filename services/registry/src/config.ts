import { commonEntries, defineConfig } from '@mesh/runtime'
import { z } from 'zod'

export const config = defineConfig({
  ...commonEntries,
  registryPort: {
    env: 'MESH_REGISTRY_PORT',
    schema: z.coerce.number().int().min(0).max(65_535).default(7400),
    doc: 'Port of the HTTP interface; 0 for any free one.'
  },
  registryHost: {
    env: 'MESH_REGISTRY_HOST',
    schema: z.string().min(1).default('127.0.0.1'),
    doc: 'Address that the HTTP interface listens on; 0.0.0.0 in a container.'
  },
  replicationFactor: {
    env: 'MESH_REPLICATION_FACTOR',
    schema: z.coerce.number().int().min(1).max(9).default(1),
    doc: 'Copies of each topic that a registration creates.'
  },
  redriveKey: {
    env: 'MESH_REDRIVE_KEY',
    schema: z.string().min(16).default('a mesh on one machine'),
    secret: true,
    doc: 'Shows that a dead letter is sent again by the registry; the same for registry and coordinators. The default is for one machine only.'
  }
})
