// `npm run docs:generate`: writes the generated tables into the READMEs.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileOf, generatedTables, withTable } from './docs-tables.ts'

for (const { file, name, make } of generatedTables) {
  const before = readFileSync(fileOf(file), 'utf8')
  const after = withTable(before, name, await make())
  if (after !== before) writeFileSync(fileOf(file), after)
  console.log(`${file}: ${name} ${after === before ? 'as it was' : 'written'}`)
}
