// `npm start`: the whole mesh on this machine, and a conversation through it.
import { terminalProgress } from './progress.ts'
import { parseStartArguments, startHelp } from './start/arguments.ts'
import { runStart } from './start/run-start.ts'

const parsed = parseStartArguments(process.argv.slice(2))
if (parsed.type === 'help') {
  console.log(startHelp)
} else if (parsed.type === 'wrong') {
  console.error(`${parsed.problem}\n\n${startHelp}`)
  process.exitCode = 2
} else {
  process.exitCode = await runStart(parsed.options, terminalProgress())
}
