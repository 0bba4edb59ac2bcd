import { type Command, Option } from 'commander'
import type { AuditPlace } from '../audit-api.ts'
import { loadSettings } from '../config.ts'
import { auditHeadings, auditRows, type AuditItem } from '../core/audit-rows.ts'
import { wholeNumber } from './arguments.ts'
import { durationMs } from '../core/since.ts'
import type { CommandContext, Runner } from './command.ts'

interface SearchFlags extends Readonly<Record<string, unknown>> {
  readonly limit: number
  readonly ndjson?: true
}

const pageRowsMax = 1_000
const rowsMax = 100_000

export function addAuditSearch (audit: Command, run: Runner): void {
  audit.command('search')
    .description('search events by what happened, newest first')
    .option('--from <time>', 'from then on: how long ago (90s, 30m, 2h, 7d), or an ISO time with its zone; a day before --to if left out', timeText)
    .option('--to <time>', 'before then; now if left out', timeText)
    .option('--agent <names...>', 'with one of these agents on either side')
    .option('--source <names...>', 'sent by one of these')
    .option('--target <names...>', 'for one of these')
    .option('--capability <names...>', 'about one of these')
    .option('--outcome <outcomes...>', 'that ended so: success, failure, timeout, circuit_broken, cancelled, dead_lettered, refused; none')
    .option('--decision <decisions...>', 'that are such decisions: delivered, refused, completed, …')
    .option('--type <types...>', 'of dispatches of this type: request, response, event, error')
    .option('--priority <classes...>', 'of these classes: 0 to 3')
    .option('--reason <codes...>', 'with one of these reason codes')
    .option('--workflow <ids...>', 'of these workflows')
    .option('--dispatch <ids...>', 'of these dispatches')
    .option('--cost-min <micros>', 'that cost at least so much, in millionths of the billing currency')
    .option('--cost-max <micros>', 'that cost at most so much')
    .addOption(new Option('--order <order>', 'oldest or newest first').choices(['asc', 'desc']).default('desc'))
    .option('--limit <rows>', 'at most so many', wholeNumber(1, rowsMax), 100)
    .option('--cursor <cursor>', 'go on where an earlier search with the same options ended')
    .option('--ndjson', 'each event as JSON on a line of its own, as it comes')
    .addHelpText('after', `
It needs a token in MESH_AUDIT_TOKEN; \`npx mesh audit token\` makes one. For more than ${rowsMax.toLocaleString('en')} rows there is the API's /export.

Examples:
  npx mesh audit search --agent crm-sync --from 2h
  npx mesh audit search --outcome refused failure --from 2026-11-21T00:00:00Z --to 2026-11-22T00:00:00Z
  npx mesh audit search --source lead-bot --ndjson --limit 5000 | jq -r .reason | sort | uniq -c`)
    .action((flags: SearchFlags) => run(context => search(flags, context)))
}

async function search ({ limit, ndjson, cursor, ...fields }: SearchFlags, { terminal, signal }: CommandContext): Promise<void> {
  const { auditApiUrl, auditToken } = await loadSettings(['auditApiUrl', 'auditToken'])
  const { searchEvents } = await import('../audit-api.ts')
  const place: AuditPlace = { url: auditApiUrl, token: auditToken, signal }
  const events: AuditItem[] = []
  let next = cursor as string | null | undefined
  let rows = 0
  do {
    const page = await searchEvents(place, { ...fields, limit: Math.min(limit - rows, pageRowsMax), cursor: next ?? undefined })
    rows += page.events.length
    next = page.next
    if (ndjson === true) for (const event of page.events) await terminal.line(JSON.stringify(event))
    else events.push(...page.events)
  } while (next !== null && rows < limit && !signal.aborted)
  if (ndjson !== true) await show(events, next, { terminal, signal })
  if (next !== null && !terminal.json) terminal.warn(`There are more. To go on: the same with --cursor ${next}`)
}

async function show (events: readonly AuditItem[], next: string | null, { terminal }: CommandContext): Promise<void> {
  if (terminal.json) return terminal.value({ events, next })
  if (events.length === 0) return terminal.line('No event fits, or none that you may see.')
  await terminal.table(auditHeadings, auditRows(events, terminal.paint))
}

/** How long ago becomes an instant; the API itself says what is wrong with another text. */
function timeText (text: string): string {
  const agoMs = durationMs(text)
  return agoMs === undefined ? text : new Date(Date.now() - agoMs).toISOString()
}
