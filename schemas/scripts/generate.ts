// npm run schemas:generate              TypeScript from the .avsc files
// npm run schemas:generate -- --accept  … and each changed record as the next version in schemas/history, if it is compatible
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { inlined } from '../src/inlining.ts'
import { check } from '../src/schema-check.ts'
import { readHistory, writeVersion } from '../src/schema-history.ts'
import { generatedFolder, readSource } from './source.ts'

const { values } = parseArgs({ options: { accept: { type: 'boolean', default: false } } })
try {
  const { records, subjects, files } = readSource()
  mkdirSync(generatedFolder, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(generatedFolder, name), text)
  console.log(`schemas: ${records.size} records, ${subjects.length} of them on topics, written to schemas/src/generated`)
  if (values.accept) accept(records, subjects)
} catch (error) {
  console.error(`schemas: ${(error as Error).message}`)
  process.exitCode = 1
}

function accept (records: ReturnType<typeof readSource>['records'], subjects: readonly string[]): void {
  const result = check(records, subjects, subject => readHistory(subject))
  for (const { subject, versions, state, problems } of result.subjects) {
    const refused = problems.filter(problem => problem.includes('against version'))
    if (refused.length > 0) {
      console.error(`schemas: ${subject} is not accepted, because records in topics could no longer be read:\n  ${refused.join('\n  ')}`)
      process.exitCode = 1
    } else if (state !== 'accepted') {
      writeVersion(subject, versions + 1, inlined(subject, records))
      console.log(`schemas: ${subject} version ${versions + 1} written to schemas/history`)
    }
  }
}
