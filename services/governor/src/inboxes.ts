// The inboxes of all agents, looked at in one pass: what each group has committed, and a chunk of each partition from there.
//
// I1. Reading joins no group and commits nothing: an agent doesn't notice that it is measured.
// I2. One OffsetFetch a group, at most groupsAtOnceMax at a time; then one Fetch a broker for all partitions of all agents.
// I3. An agent of which anything is missing is left out; it hides no other.
import type { LogChunk, LogReader, LogRequest } from '@mesh/runtime'
import type { AgentRegistration } from '@mesh/schemas'
import { defaultNamespace, type TopicNames } from '@mesh/topics'
import type { InboxChunk } from './core/backlog.ts'

/** Of one agent: its partitions by priority. */
export type InboxChunks = readonly (readonly InboxChunk[])[]

export interface InboxOptions {
  readonly reader: LogReader
  readonly names: TopicNames
  /** Why an agent was left out. */
  onLeftOut (agent: string, error: unknown): void
}

interface Looked { readonly agent: string, readonly priority: number, readonly request: LogRequest }

const groupsAtOnceMax = 16
/** Enough to see the whole lag of an agent that keeps up. */
const chunkBytesMax = 16 * 1024

/** As the SDK names it. */
export function inboxGroup (namespace: string, agent: string): string {
  return namespace === defaultNamespace ? `${agent}.inbox` : `${namespace}.${agent}.inbox`
}

export async function lookAtInboxes (agents: readonly AgentRegistration[], options: InboxOptions): Promise<Map<string, InboxChunks>> {
  const looked = await committedOf(agents, options)
  const chunks = await chunksOf(looked.map(({ request }) => request), options.reader)
  const byAgent = Map.groupBy(looked.map((one, i) => ({ ...one, chunk: chunks[i] })), ({ agent }) => agent)
  const found = new Map<string, InboxChunks>()
  for (const [agent, parts] of byAgent) {
    if (parts.some(({ chunk }) => chunk === undefined)) {
      options.onLeftOut(agent, new Error('not all partitions of its inbox could be read'))
      continue
    }
    const classes = options.names.inboxAll(agent).map((): InboxChunk[] => [])
    for (const { priority, chunk } of parts) classes[priority]!.push(chunk!)
    found.set(agent, classes)
  }
  return found
}

async function committedOf (agents: readonly AgentRegistration[], { reader, names, onLeftOut }: InboxOptions): Promise<Looked[]> {
  const looked: Looked[] = []
  const waiting = agents.values()
  const worker = async (): Promise<void> => {
    for (const { name: agent, inboxPartitions } of waiting) {
      const partitions = names.inboxAll(agent).flatMap((topic, priority) =>
        Array.from({ length: inboxPartitions }, (_, partition) => ({ topic, partition, priority })))
      try {
        const committed = await reader.committed(inboxGroup(names.namespace, agent), partitions)
        // A group that has committed nothing begins at the beginning.
        partitions.forEach(({ topic, partition, priority }, i) => {
          looked.push({ agent, priority, request: { topic, partition, offset: committed[i] ?? 0, bytesMax: chunkBytesMax } })
        })
      } catch (error) {
        onLeftOut(agent, error)
      }
    }
  }
  await Promise.all(Array.from({ length: groupsAtOnceMax }, worker))
  return looked
}

async function chunksOf (requests: readonly LogRequest[], reader: LogReader): Promise<(InboxChunk | undefined)[]> {
  const chunks = await reader.readWhatCan(requests)
  // Where the group's place is gone, it will go on at the first that is still there.
  const moved = requests.flatMap((request, i) => chunks[i]?.problem === undefined ? [] : [{ i, request: { ...request, offset: chunks[i].nextOffset } }])
  const again = moved.length === 0 ? [] : await reader.readWhatCan(moved.map(({ request }) => request))
  const from = requests.map(({ offset }) => offset)
  moved.forEach(({ i, request }, at) => {
    chunks[i] = again[at]
    from[i] = request.offset
  })
  return chunks.map((chunk, i) => chunk === undefined || chunk.problem !== undefined ? undefined : inboxChunk(chunk, from[i]!))
}

const inboxChunk = ({ records, nextOffset, endOffset }: LogChunk, fromOffset: number): InboxChunk => ({
  fromOffset, nextOffset, endOffset, recordOffsets: records.map(({ offset }) => offset), oldestAppendedAtMs: records[0]?.appendedAtMs ?? null
})
