import type { Command } from 'commander'
import { loadSettings } from '../config.ts'
import { isoTime } from '../core/iso-time.ts'
import { pressureHeadings, pressureLines, pressureRows, silence } from '../core/pressure-rows.ts'
import type { CommandContext, Runner } from './command.ts'

export function addPressure (program: Command, run: Runner): void {
  program.command('pressure')
    .description('list how far behind each agent is, class by class, as the governor measures it')
    .addHelpText('after', '\nExamples:\n  npx mesh pressure\n  npx mesh pressure --json | jq \'.classes[] | select(.isPressed)\'')
    .action(() => run(showPressure))
}

async function showPressure ({ terminal }: CommandContext): Promise<void> {
  const settings = await loadSettings(['kafkaBrokers', 'schemaRegistryUrl', 'namespace'])
  const { readMeasured } = await import('../measured-topic.ts')
  const { values: pressures, newestAtMs, unreadableRecords } = await readMeasured('Pressure', settings)
  const silent = silence(newestAtMs, Date.now())
  const classes = pressureLines(pressures)
  if (unreadableRecords > 0) terminal.warn(`Records of the governor that can't be read: ${unreadableRecords}.`)
  const newestAt = newestAtMs === null ? null : isoTime(newestAtMs)
  if (terminal.json) return terminal.value({ classes, isSilent: silent !== undefined, newestAt })
  if (silent !== undefined) terminal.warn(silent)
  if (classes.length > 0) await terminal.table(pressureHeadings, pressureRows(classes, terminal.paint))
  else if (silent === undefined) await terminal.line('No agent is measured yet.')
}
