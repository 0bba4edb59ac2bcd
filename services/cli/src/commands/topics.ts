import type { Command } from 'commander'
import { loadSettings } from '../config.ts'
import type { CommandContext, Runner } from './command.ts'

export function addTopics (program: Command, run: Runner): void {
  program.command('topics')
    .description('list the topics of the mesh: how much is in each, and which group is how far behind')
    .addHelpText('after', '\nExamples:\n  npx mesh topics\n  npx mesh topics --json | jq \'.[] | select(.lag | add > 100)\'')
    .action(() => run(showTopics))
}

async function showTopics ({ terminal }: CommandContext): Promise<void> {
  const { kafkaBrokers, namespace } = await loadSettings(['kafkaBrokers', 'namespace'])
  const { connectKafka, groupsMax, observeCommits, observeTopics } = await import('../broker.ts')
  const { quietLogger } = await import('../quiet-logger.ts')
  const { isOurGroup, topicHeadings, topicLines, topicRows, topicSummary } = await import('../core/topic-rows.ts')
  const kafka = await connectKafka(kafkaBrokers, `${namespace}.cli`, quietLogger())
  const observed = await observeTopics(kafka, namespace)
  const names = observed.map(({ topic }) => topic)
  const { commits, isBounded } = await observeCommits(kafka, group => isOurGroup(group, namespace, names))
  const lines = topicLines(namespace, observed, commits)
  if (isBounded) terminal.warn(`Only the first ${groupsMax} groups were looked at.`)
  if (terminal.json) return terminal.value(lines)
  await terminal.table(topicHeadings, topicRows(lines, terminal.paint))
  await terminal.line(topicSummary(lines))
}
