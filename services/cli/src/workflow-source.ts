// Where the events of a workflow come from: the hot tier if it can vouch for all of them, else the archive.
//
// Invariants:
//   W1. What is shown is all that is archived: the hot tier says since when it holds everything, and the archive is asked whether
//       there is anything older. Only where PostgreSQL is away is that left open, and said.
//   W2. Without Redis, or with one that says nothing, it is as if there were no hot tier.
import { openHotReader, type HotReader } from '@mesh/hot-index'
import { openArchive, type Archive } from './archive.ts'
import { isoTime } from './core/iso-time.ts'
import { archivedFromEvent, type ArchivedEvent } from '@mesh/trace'

export interface FoundWorkflow {
  readonly workflowId: string
  readonly events: readonly ArchivedEvent[]
  readonly readFrom: 'hot' | 'archive'
  /** What could not be looked for. */
  readonly warning: string | undefined
}

export interface WorkflowSource {
  /** By its id, or by that of any of its dispatches. */
  find (id: string): Promise<FoundWorkflow | undefined>
  close (): Promise<void>
}

export interface WorkflowSourceOptions {
  readonly databaseUrl: string
  readonly auditSchema: string
  readonly namespace: string
  readonly redisUrl: string | undefined
}

export function openWorkflowSource (options: WorkflowSourceOptions): WorkflowSource {
  const { redisUrl, namespace, auditSchema } = options
  const hot = redisUrl === undefined ? undefined : openHotReader({ redisUrl, namespace, archive: auditSchema })
  let opened: Promise<Archive> | undefined
  const archive = (): Promise<Archive> => opened ??= openArchive(options)
  return {
    async find (id) {
      const found = hot === undefined ? undefined : await findHot(hot, id)
      if (found !== undefined) {
        const { workflowId, sinceMs, events } = found
        const hasOlder = await archive().then(asked => asked.hasOlder(workflowId, sinceMs)).catch((error: Error) => error)
        if (hasOlder instanceof Error) {
          opened = undefined
          return { workflowId, events, readFrom: 'hot', warning: `What is older than ${isoTime(sinceMs)} was not looked for. ${hasOlder.message}` }
        }
        if (!hasOlder) return { workflowId, events, readFrom: 'hot', warning: undefined }
      }
      const workflowId = await (await archive()).workflowOf(id)
      return workflowId === undefined ? undefined : { workflowId, events: await (await archive()).eventsOf(workflowId), readFrom: 'archive', warning: undefined }
    },
    async close () {
      await Promise.all([hot?.close(), opened?.then(asked => asked.close(), () => undefined)])
    }
  }
}

interface FoundHot { readonly workflowId: string, readonly sinceMs: number, readonly events: ArchivedEvent[] }

async function findHot (hot: HotReader, id: string): Promise<FoundHot | undefined> {
  const [asWorkflow, asDispatch] = await Promise.all([hot.eventsOfWorkflow(id), hot.eventsOfDispatch(id)])
  if (asWorkflow.outcome === 'complete') return { workflowId: id, sinceMs: asWorkflow.sinceMs, events: asWorkflow.value.map(archivedFromEvent) }
  // Whether there is a workflow of that name is not known: the archive is asked.
  if (asWorkflow.outcome === 'incomplete' || asDispatch.outcome !== 'complete') return undefined
  const workflowId = asDispatch.value.find(event => event.workflowId !== null)?.workflowId ?? undefined
  if (workflowId === undefined) return undefined
  const answer = await hot.eventsOfWorkflow(workflowId)
  return answer.outcome === 'complete' ? { workflowId, sinceMs: answer.sinceMs, events: answer.value.map(archivedFromEvent) } : undefined
}
