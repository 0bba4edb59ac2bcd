// The tables of the READMEs, made from the code that they describe.
import { type ConfigEntries, type ConfigEntry } from '@mesh/runtime'
import { reasonCodes } from '@mesh/schemas'
import { topicsTable } from '@mesh/topics'

const root = new URL('../../../', import.meta.url)

/** Files whose configuration a user may set; a process isn't importable by name, so they are loaded by path. */
const configFiles = {
  coordinator: 'services/coordinator/src/config.ts',
  registry: 'services/registry/src/config.ts',
  archiver: 'services/archiver/src/config.ts',
  'audit-api': 'services/audit-api/src/config.ts',
  governor: 'services/governor/src/config.ts',
  'example-agents': 'services/example-agents/src/config.ts',
  'agent-sdk': 'services/agent-sdk/src/config.ts',
  cli: 'services/cli/src/config.ts'
} as const

/** Their READMEs have a table of their own, held by a test: what only one of them reads would make the first page too long. */
const withOwnTable: ReadonlySet<string> = new Set(['archiver', 'audit-api', 'cli', 'governor', 'registry'])

/** Each file with generated tables: between `<!-- NAME:begin -->` and `<!-- NAME:end -->` stands what the function makes. */
export const generatedTables: readonly { readonly file: string, readonly name: string, readonly make: () => string | Promise<string> }[] = [
  { file: 'README.md', name: 'config', make: configTable },
  { file: 'README.md', name: 'reason-code-list', make: reasonCodeList },
  { file: 'schemas/README.md', name: 'reason-codes', make: reasonCodesTable },
  { file: 'topics/README.md', name: 'topics', make: topicsTable }
]

export const fileOf = (file: string): URL => new URL(file, root)

export function withTable (text: string, name: string, table: string): string {
  const begin = `<!-- ${name}:begin -->`
  const end = `<!-- ${name}:end -->`
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`the markers ${begin} and ${end} are missing`)
  return `${text.slice(0, from + begin.length)}\n${table.trim()}\n${text.slice(to)}`
}

/** Short enough for the first page: which codes there are, and whether sending again may help. */
function reasonCodeList (): string {
  const codes = (retriable: boolean) => Object.entries(reasonCodes).filter(([, each]) => each.retriable === retriable).map(([code]) => `\`${code}\``).join(', ')
  return ['| sending again may help | codes |', '| --- | --- |', `| yes | ${codes(true)} |`, `| no | ${codes(false)} |`].join('\n')
}

function reasonCodesTable (): string {
  const rows = Object.entries(reasonCodes).map(([code, { retriable, doc, next }]) => `| \`${code}\` | ${retriable ? 'yes' : 'no'} | ${doc} | ${next} |`)
  return ['| code | retriable | what happened | what to do |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

async function configTable (): Promise<string> {
  const byVariable = new Map<string, { entry: ConfigEntry, users: string[] }>()
  for (const [user, file] of Object.entries(configFiles)) {
    for (const entry of Object.values(await entriesOf(file))) {
      const known = byVariable.get(entry.env)
      if (known === undefined) byVariable.set(entry.env, { entry, users: [user] })
      else known.users.push(user)
    }
  }
  const everyone = Object.keys(configFiles).length
  const isElsewhere = (users: readonly string[]): boolean => users.length === 1 && withOwnTable.has(users[0]!)
  const rows = [...byVariable.values()].filter(({ users }) => !isElsewhere(users)).map(({ entry, users }) =>
    `| \`${entry.env}\` | ${users.length === everyone ? 'all' : users.join(', ')} | ${initialOf(entry)} | ${entry.doc} |`)
  return ['| variable | read by | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

/** The one export of the module whose entries name environment variables. */
async function entriesOf (file: string): Promise<ConfigEntries> {
  const module = await import(fileOf(file).href) as Record<string, unknown>
  const isEntries = (value: unknown): value is ConfigEntries =>
    typeof value === 'object' && value !== null && Object.values(value).length > 0 && Object.values(value).every(entry => typeof (entry as ConfigEntry | null)?.env === 'string')
  const entries = Object.values(module).find(isEntries)
  if (entries === undefined) throw new Error(`${file} exports no configuration entries`)
  return entries
}

function initialOf ({ schema, secret }: ConfigEntry): string {
  const initial = schema.safeParse(undefined)
  if (!initial.success) return 'required'
  if (initial.data === undefined) return ''
  return secret === true ? '(for one machine)' : `\`${String(initial.data)}\``
}
