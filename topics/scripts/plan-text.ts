import Table from 'cli-table3'
import { describeChange, isEmpty } from '../src/index.ts'
import type { TopicPlan } from '../src/index.ts'

export function planText (topicPlan: TopicPlan): string {
  const lines: string[] = []
  if (topicPlan.changes.length > 0) {
    const table = new Table({ head: ['topic', 'change', '', 'why, or what it costs'], style: { head: [], border: [], compact: true }, colWidths: [null, null, null, 80], wordWrap: true })
    for (const change of topicPlan.changes) table.push([change.topic, describeChange(change), change.impact === 'safe' ? '' : 'needs --allow-destructive', change.reason])
    lines.push(table.toString())
  }
  for (const { topic, reason } of topicPlan.manual) lines.push(`by hand: ${topic} ${reason}`)
  for (const note of topicPlan.notes) lines.push(`note: ${note}`)
  if (topicPlan.unknown.length > 0) lines.push(`not in the catalogue, left alone: ${topicPlan.unknown.join(', ')}`)
  if (isEmpty(topicPlan)) lines.push('topics: nothing to change')
  return lines.join('\n')
}

export function planJson ({ changes, manual, unknown, notes }: TopicPlan): string {
  const shown = changes.map(change => {
    const { topic, kind, impact, reason } = change
    return { topic, kind, impact, change: describeChange(change), reason }
  })
  return JSON.stringify({ changes: shown, manual, unknown, notes }, null, 2)
}
