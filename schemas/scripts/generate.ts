// npm run schemas:generate — TypeScript from the .avsc files.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fullNameOf, readSchemaFiles, schemasFolder } from '../src/schema-files.ts'
import { topLevelNames } from '../src/top-level-names.ts'
import { generate, subjectsOf } from '../src/type-generation.ts'

const records = readSchemaFiles()
const files = generate(records, subjectsOf(topLevelNames, name => fullNameOf(name, records)))
const folder = join(schemasFolder, 'src/generated')
mkdirSync(folder, { recursive: true })
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
console.log(`schemas: ${records.size} records, ${topLevelNames.length} of them on topics, written to schemas/src/generated`)
