// Looks for a dispatch in the part of mesh.audit that is not archived yet.
//
// Invariants:
//   A1. In no group; commits nothing. From the ends backwards, at most `scanOffsetsMax` offsets a partition.
//   A2. Each record is a dispatch's whole story, so all events of the newest one count.
import { startLogReader } from '@mesh/runtime'
import { CodecError, type AuditStory, type Codec } from '@mesh/schemas'
import { topicNames } from '@mesh/topics'
import { connectKafka, endsOf } from './broker.ts'
import type { WhyEvent } from './core/why.ts'
import { readBackwards } from './log-backwards.ts'
import type { MeshPlaces } from './measured-topic.ts'
import { quietLogger } from './quiet-logger.ts'
import { codecFrom } from './schema-registry.ts'

export const scanOffsetsMax = 20_000

export interface ScanResult {
  readonly events: readonly WhyEvent[]
  /** Whether part of what is not archived was not looked at. */
  readonly isBounded: boolean
}

/** Events of the dispatch, and of what answers it. `archivedTo`: where each partition is archived to; what is below is passed over. */
export async function scanAudit (places: MeshPlaces, dispatchId: string, archivedTo: ReadonlyMap<number, number>): Promise<ScanResult> {
  const { kafkaBrokers, schemaRegistryUrl, namespace } = places
  const logger = quietLogger()
  const topic = topicNames(namespace).audit
  const kafka = await connectKafka(kafkaBrokers, `${namespace}.cli`, logger)
  const [codec, ends] = await Promise.all([codecFrom(schemaRegistryUrl), endsOf(kafka, topic)])
  const log = await startLogReader({ kafka, logger })
  try {
    const events: WhyEvent[] = []
    let isBounded = false
    // One after the other: a reader that is asked twice at once opens connections that it doesn't close.
    for (const { partition, low, high } of ends) {
      const stretch = { topic, partition, lowOffset: Math.max(low, archivedTo.get(partition) ?? 0), endOffset: high, offsetsMax: scanOffsetsMax }
      const isCut = await readBackwards(log, stretch, ({ value, headers }) => {
        const story = value === null || headers.claim !== undefined ? undefined : decoded(codec, value)
        if (story?.events.some(event => event.dispatchId === dispatchId || event.inReplyTo === dispatchId) === true) events.push(...story.events)
        return undefined
      }, () => false)
      isBounded ||= isCut
    }
    return { events, isBounded }
  } finally {
    await log.close()
  }
}

function decoded (codec: Codec, value: Buffer): AuditStory | undefined {
  try {
    return codec.decode('AuditStory', value)
  } catch (error) {
    if (error instanceof CodecError) return undefined
    throw error
  }
}
