// The environment of `npm run topics:plan` and `topics:apply`. Without brokers in it, the stack of `npm run up` is looked for.
import { checkNamespace, defaultNamespace, defaults } from '../src/index.ts'

export interface ScriptConfig {
  readonly brokers: string[]
  readonly schemaRegistryUrl: string | undefined
  readonly namespace: string
  readonly taskCount: number
  readonly replicationFactor: number | undefined
  // Where the brokers were found, for the first line of output.
  readonly found: string
}

export async function readConfig (env: NodeJS.ProcessEnv = process.env): Promise<ScriptConfig> {
  const problems: string[] = []
  const namespace = env['MESH_NAMESPACE'] ?? defaultNamespace
  const problem = checkNamespace(namespace)
  if (problem !== undefined) problems.push(`MESH_NAMESPACE: ${problem}`)
  const taskCount = wholeNumber(env, 'MESH_TASKS', problems) ?? defaults.taskCount
  const replicationFactor = wholeNumber(env, 'MESH_REPLICATION_FACTOR', problems)
  if (problems.length > 0) throw new Error(problems.join('; '))
  const own = (env['MESH_KAFKA_BROKERS'] ?? '').split(',').map(broker => broker.trim()).filter(broker => broker !== '')
  const rest = { namespace, taskCount, replicationFactor }
  if (own.length > 0) return { ...rest, brokers: own, schemaRegistryUrl: env['MESH_SCHEMA_REGISTRY_URL'], found: 'MESH_KAFKA_BROKERS' }
  const stack = await runningStack()
  if (stack === undefined) throw new Error('no broker: set MESH_KAFKA_BROKERS, or start the stack with `npm run up`')
  return { ...rest, brokers: [...stack.kafkaBrokers], schemaRegistryUrl: env['MESH_SCHEMA_REGISTRY_URL'] ?? stack.schemaRegistryUrl, found: 'the stack of `npm run up`' }
}

function wholeNumber (env: NodeJS.ProcessEnv, name: string, problems: string[]): number | undefined {
  const value = env[name]
  if (value === undefined || value === '') return undefined
  if (/^[1-9][0-9]{0,5}$/.test(value)) return Number(value)
  problems.push(`${name} must be a whole number from 1, not ${JSON.stringify(value)}`)
  return undefined
}

// The library of topics doesn't need a stack; only this command does, when nothing else says where Kafka is.
async function runningStack (): Promise<{ readonly kafkaBrokers: readonly string[], readonly schemaRegistryUrl: string } | undefined> {
  const { findStack } = await import('@mesh/local-stack')
  return (await findStack('dev'))?.addresses
}
