// The verdict on the schema files: pure, so that the command, its test and `npm run verify` say the same.
import type { AvroRecord } from './avro-schema.ts'
import { compile, resolverFor } from './avro-type.ts'
import { incompatibilities } from './compatibility.ts'
import { inlined } from './inlining.ts'
import { sameButWords } from './schema-history.ts'
import { lint } from './schema-lint.ts'

export interface CheckedSubject {
  readonly subject: string
  readonly versions: number
  readonly state: 'accepted' | 'new' | 'changed'
  // Whether processes that run the version before can read records of this one (FORWARD): decides who is deployed first.
  readonly olderReadersCan: boolean
  readonly problems: readonly string[]
}

export interface CheckResult {
  readonly subjects: readonly CheckedSubject[]
  readonly problems: readonly string[]
}

export function check (
  records: ReadonlyMap<string, AvroRecord>, topLevel: readonly string[], history: (subject: string) => readonly AvroRecord[]
): CheckResult {
  const findings = lint(records, topLevel)
  const subjects = topLevel.map(subject => checkSubject(inlined(subject, records), subject, history(subject)))
  return { subjects, problems: [...findings, ...subjects.flatMap(({ problems }) => problems)] }
}

function checkSubject (schema: AvroRecord, subject: string, history: readonly AvroRecord[]): CheckedSubject {
  const latest = history.at(-1)
  const state = latest === undefined ? 'new' : sameButWords(schema, latest) ? 'accepted' : 'changed'
  const problems = history.flatMap((older, index) => reasons(schema, older).map(reason => `${subject}, against version ${index + 1}: ${reason}`))
  if (problems.length === 0 && state !== 'accepted') {
    problems.push(`${subject}: ${state === 'new' ? 'not in schemas/history yet' : 'changed compatibly'}; run \`npm run schemas:generate -- --accept\` and commit what it writes`)
  }
  return { subject, versions: history.length, state, olderReadersCan: latest === undefined || reasons(latest, schema).length === 0, problems }
}

// Our own reasons name the field; avsc, which does the reading, has the last word.
export function reasons (reader: AvroRecord, writer: AvroRecord): string[] {
  const found = incompatibilities(reader, writer)
  if (found.length > 0) return found
  try {
    resolverFor(compile(reader), compile(writer))
    return []
  } catch (error) {
    return [(error as Error).message]
  }
}
