// The codec, from the schema registry of the mesh.
import { connectCodec, SchemaRegistryError, type Codec } from '@mesh/schemas'
import { CliError } from './errors.ts'

const registryWaitMs = 3_000

export async function codecFrom (schemaRegistryUrl: string): Promise<Codec> {
  try {
    return await connectCodec({ schemaRegistryUrl, waitMs: registryWaitMs })
  } catch (error) {
    if (!(error instanceof SchemaRegistryError)) throw error
    throw new CliError('SCHEMA_REGISTRY_UNREACHABLE', `The schema registry at ${schemaRegistryUrl} is of no use: ${error.message}`, { cause: error })
  }
}
