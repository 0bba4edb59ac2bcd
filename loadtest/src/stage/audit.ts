// What the archive has of a run: whether all of it, by the mesh's own count, and the decisions by reason.
import { repositoryRoot } from '@mesh/local-stack'
import type { Stage } from '@mesh/stage'
import { execFile } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'

const archivedMsMax = 180_000
const lookMs = 1_000
const outputBytesMax = 16 * 1_024 * 1_024

export interface Archived {
  /** "1.0", or what share is there; of all records on the ingress topics since the run began. */
  readonly auditCompleteness: string
  readonly decisionsByReason: Readonly<Record<string, number>>
  /** From the end of the load until all of it was archived. */
  readonly archivedAfterMs: number
}

/** Waits until the archiver has caught up, at most `archivedMsMax`. */
export async function archivedOf (stage: Stage, since: Date, onProgress: (line: string) => void, signal: AbortSignal): Promise<Archived> {
  const startedMs = performance.now()
  for (;;) {
    const report = await count(stage, since)
    const { notArchivedYet, undecided } = report.sum
    onProgress(`archiving: ${notArchivedYet} to go`)
    if ((notArchivedYet === 0 && undecided === 0) || performance.now() - startedMs > archivedMsMax) {
      const isAll = notArchivedYet === 0 && undecided === 0
      return {
        auditCompleteness: isAll ? report.completeness : 'not archived in time',
        decisionsByReason: await decisionsOf(stage), archivedAfterMs: Math.round(performance.now() - startedMs)
      }
    }
    await pause(lookMs, undefined, { signal })
  }
}

interface Report { readonly completeness: string, readonly sum: { readonly notArchivedYet: number, readonly undecided: number } }

/** As an auditor would: by the command line. */
function count (stage: Stage, since: Date): Promise<Report> {
  return new Promise((resolve, reject) => {
    const args = ['--disable-warning=ExperimentalWarning', 'services/cli/src/main.ts', 'audit', 'completeness', '--from', since.toISOString(), '--json']
    const options = { cwd: repositoryRoot, env: { ...process.env, ...stage.environment }, maxBuffer: outputBytesMax }
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout) as Report)
      } catch {
        reject(new Error(`mesh audit completeness: ${stderr.trim() || error?.message}`))
      }
    })
  })
}

async function decisionsOf (stage: Stage): Promise<Record<string, number>> {
  const client = new pg.Client({ connectionString: stage.stack.addresses.databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ what: string, events: string }>('SELECT coalesce(reason, decision) AS what, count(*) AS events FROM mesh_audit.events GROUP BY 1 ORDER BY 1')
    return Object.fromEntries(rows.map(({ what, events }) => [what, Number(events)]))
  } finally {
    await client.end()
  }
}
