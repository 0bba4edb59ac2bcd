// npm run schemas:check                     docs, names, generated files, and compatibility with schemas/history
// npm run schemas:check -- --registry URL   … and with every version that a registry has
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import type { AvroRecord } from '../src/avro-schema.ts'
import { inlined } from '../src/inlining.ts'
import { RegistryClient } from '../src/registry-client.ts'
import { check, reasons } from '../src/schema-check.ts'
import { readHistory } from '../src/schema-history.ts'
import { generatedFolder, readSource } from './source.ts'

const { values } = parseArgs({ options: { registry: { type: 'string' } } })
try {
  const problems = await run()
  for (const problem of problems) console.error(`✗ ${problem}`)
  if (problems.length > 0) process.exitCode = 1
  else console.log('schemas: documented, generated and BACKWARD_TRANSITIVE compatible')
} catch (error) {
  console.error(`✗ ${(error as Error).message}`)
  process.exitCode = 1
}

async function run (): Promise<string[]> {
  const { records, subjects, files } = readSource()
  const stale = Object.entries(files).filter(([name, text]) => {
    const path = join(generatedFolder, name)
    return !existsSync(path) || readFileSync(path, 'utf8') !== text
  }).map(([name]) => `schemas/src/generated/${name} is not what the .avsc files give; run \`npm run schemas:generate\` and commit it`)
  const result = check(records, subjects, subject => readHistory(subject))
  const registered = values.registry === undefined ? undefined : await checkRegistry(values.registry, subjects, records)
  const table = new Table({
    head: ['record', 'versions', 'now', 'older readers', ...registered === undefined ? [] : ['registry'], 'verdict'], style: { head: [], border: [], compact: true }
  })
  for (const { subject, versions, state, olderReadersCan, problems } of result.subjects) {
    const remote = registered?.get(subject)
    const bad = problems.length + (remote?.problems.length ?? 0) > 0
    table.push([subject, versions, state, olderReadersCan ? 'can read it' : 'can\'t: deploy readers first', ...remote === undefined ? [] : [remote.versions], bad ? 'refused' : 'ok'])
  }
  console.log(table.toString())
  return [...stale, ...result.problems, ...[...registered?.values() ?? []].flatMap(({ problems }) => problems)]
}

async function checkRegistry (url: string, subjects: readonly string[], records: ReadonlyMap<string, AvroRecord>) {
  const client = new RegistryClient(url)
  const known = new Set(await client.subjects())
  const results = new Map<string, { versions: number, problems: string[] }>()
  for (const subject of subjects) {
    const schema = inlined(subject, records)
    const versions = known.has(subject) ? await client.versions(subject) : []
    const problems: string[] = []
    for (const version of versions) {
      const found = reasons(schema, (await client.version(subject, version)).schema)
      const remote = found.length > 0 ? undefined : await client.incompatibility(subject, version, schema)
      for (const reason of remote === undefined ? found : [remote]) problems.push(`${subject}, against version ${version} in the registry: ${reason}`)
    }
    results.set(subject, { versions: versions.length, problems })
  }
  return results
}
