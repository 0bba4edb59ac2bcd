// Configuration: one entry is a name, a parser with its default, and a sentence. Parsed once, whole, at start.
import { z } from 'zod'
import { CodedError } from './errors.ts'

export interface ConfigEntry<T = unknown> {
  readonly env: string
  readonly schema: z.ZodType<T>
  readonly doc: string
  readonly secret?: boolean
}

export type ConfigEntries = Readonly<Record<string, ConfigEntry>>
export type ConfigValues<E extends ConfigEntries> = { readonly [K in keyof E]: E[K] extends ConfigEntry<infer T> ? T : never }

export const defineConfig = <const E extends ConfigEntries>(entries: E): E => entries

/** Reads every entry; throws one CONFIG_INVALID that lists all problems, never a secret's value. */
export function loadConfig<E extends ConfigEntries> (entries: E, environment: Readonly<Record<string, string | undefined>> = process.env): ConfigValues<E> {
  const values: Record<string, unknown> = {}
  const problems: string[] = []
  for (const [name, entry] of Object.entries(entries)) {
    // An empty variable is how compose files say "not set".
    const given = environment[entry.env] === '' ? undefined : environment[entry.env]
    const parsed = entry.schema.safeParse(given)
    if (parsed.success) values[name] = parsed.data
    else problems.push(`${entry.env}: ${given === undefined ? 'is not set' : problemOf(entry, parsed.error)} (${entry.doc})`)
  }
  if (problems.length > 0) throw new CodedError('CONFIG_INVALID', `Configuration:\n${problems.map(problem => `  ${problem}`).join('\n')}`)
  return values as ConfigValues<E>
}

// A refinement's message may quote what it refused.
const problemOf = ({ secret }: ConfigEntry, { issues }: z.ZodError): string =>
  secret === true ? 'is not valid' : issues.map(({ message }) => message).join(', ')

/** Rows of a markdown table: variable, default, meaning. */
export function configTable (entries: ConfigEntries): string {
  const rows = Object.values(entries).map(({ env, schema, doc, secret }) => {
    const initial = schema.safeParse(undefined)
    const shown = !initial.success ? 'required' : initial.data === undefined ? '' : secret === true ? '(secret)' : `\`${String(initial.data)}\``
    return `| \`${env}\` | ${shown} | ${doc} |`
  })
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n')
}

const portMax = 65_535
const brokerList = z.string()
  .transform(list => list.split(',').map(broker => broker.trim()).filter(Boolean))
  .refine(brokers => brokers.length > 0 && brokers.every(broker => /^[^\s:]+:\d{1,5}$|^\[[^\]\s]+\]:\d{1,5}$/.test(broker)), 'expected host:port, or several separated by commas')

export const commonEntries = defineConfig({
  kafkaBrokers: { env: 'MESH_KAFKA_BROKERS', schema: brokerList, doc: 'Kafka bootstrap servers, host:port, separated by commas.' },
  schemaRegistryUrl: { env: 'MESH_SCHEMA_REGISTRY_URL', schema: z.url(), doc: 'Base URL of the Confluent-compatible schema registry.' },
  namespace: { env: 'MESH_NAMESPACE', schema: z.string().regex(/^[a-z][a-z0-9-]*$/).default('mesh'), doc: 'First part of every topic, group and transactional id.' },
  logLevel: { env: 'MESH_LOG_LEVEL', schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'), doc: 'Least severe level that is logged.' },
  healthPort: { env: 'MESH_HEALTH_PORT', schema: z.coerce.number().int().min(0).max(portMax).default(0), doc: 'Port of /healthz, /readyz and /metrics; 0 takes any free one.' }
})

/** Read by whatever makes a client of Kafka. */
export const kafkaEntries = defineConfig({
  codec: { env: 'MESH_KAFKA_CODEC', schema: z.enum(['own', 'kafkajs']).default('own'), doc: 'Who encodes and decodes Kafka records: `own` is quicker, `kafkajs` leaves the client as it is.' }
})
