// The docs part of `npm run verify`: generated tables are current, pages are short, links lead somewhere, every process
// has its pages, and no path is a drawer without a name.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileOf, generatedTables, withTable } from './docs-tables.ts'

const readmeLinesMax = 200
const problems: string[] = []

for (const { file, name, make } of generatedTables) {
  const text = readFileSync(fileOf(file), 'utf8')
  try {
    if (withTable(text, name, await make()) !== text) problems.push(`${file}: the table ${name} is not what the code says; run \`npm run docs:generate\``)
  } catch (error) {
    problems.push(`${file}: ${(error as Error).message}`)
  }
}

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: fileOf('.'), encoding: 'utf8' }).trim().split('\n')
  .filter(file => existsSync(fileOf(file)))

const lines = readFileSync(fileOf('README.md'), 'utf8').trimEnd().split('\n').length
if (lines > readmeLinesMax) problems.push(`README.md has ${lines} lines; at most ${readmeLinesMax}`)

for (const file of files.filter(name => name.endsWith('.md'))) {
  for (const [, link = ''] of readFileSync(fileOf(file), 'utf8').matchAll(/\]\(([^)\s]+)\)/g)) {
    const path = link.split('#')[0]!
    if (path === '' || /^[a-z]+:/.test(path)) continue
    if (!existsSync(fileOf(posix.join(posix.dirname(file), path)))) problems.push(`${file}: the link to ${link} leads nowhere`)
  }
}

const workspaces = new Set(files.map(file => /^(services\/[^/]+|schemas|topics|infra\/local)\/package\.json$/.exec(file)?.[1]).filter(name => name !== undefined))
for (const workspace of workspaces) {
  for (const page of ['README.md', 'DECISIONS.md']) if (!files.includes(`${workspace}/${page}`)) problems.push(`${workspace} has no ${page}`)
}

const drawer = /(^|\/)(utils?|helpers?|common|misc|shared|lib)(\/|\.[cm]?[jt]s$)/
for (const file of files) if (drawer.test(file)) problems.push(`${file}: name the idea instead`)

for (const problem of problems) console.error(problem)
if (problems.length === 0) console.log(`docs: ${generatedTables.length} tables current, ${workspaces.size} workspaces with their pages`)
process.exitCode = problems.length === 0 ? 0 : 1
