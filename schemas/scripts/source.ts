import { fullNameOf, readSchemaFiles, schemasFolder } from '../src/schema-files.ts'
import { topLevelNames } from '../src/top-level-names.ts'
import { generate, subjectsOf } from '../src/type-generation.ts'
import { join } from 'node:path'

export const generatedFolder = join(schemasFolder, 'src/generated')

export function readSource () {
  const records = readSchemaFiles()
  const topLevel = subjectsOf(topLevelNames, name => fullNameOf(name, records))
  return { records, subjects: topLevel.map(({ subject }) => subject), files: generate(records, topLevel) }
}
