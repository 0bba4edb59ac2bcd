// Which ingress records have their admission on the audit topic, and not yet in the archive.
//
// Invariants:
//   U1. In no group; commits nothing. Reads what lies between where the archive was and where the topic ended, no more.
//   U2. Memory holds positions, an eighth of a byte each, and one answer of the broker.
import { kindOfRow, PositionSet } from '@mesh/completeness'
import type { LogReader } from '@mesh/runtime'
import { CodecError, type AuditStory, type Codec } from '@mesh/schemas'

export interface UnarchivedOptions {
  readonly log: Pick<LogReader, 'read'>
  readonly codec: Codec
  readonly topic: string
  readonly ends: ReadonlyMap<number, { readonly low: number, readonly high: number }>
  readonly archivedTo: ReadonlyMap<number, number>
  readonly signal: AbortSignal
}

const bytesMax = 2 * 1024 * 1024

/** By topic/partition of the ingress. */
export async function unarchivedAdmissions ({ log, codec, topic, ends, archivedTo, signal }: UnarchivedOptions): Promise<Map<string, PositionSet>> {
  const found = new Map<string, PositionSet>()
  for (const [partition, { low, high }] of ends) {
    for (let offset = Math.max(low, archivedTo.get(partition) ?? 0); offset < high;) {
      signal.throwIfAborted()
      const [chunk] = await log.read([{ topic, partition, offset, bytesMax }])
      for (const { value, headers } of chunk!.records) {
        if (value !== null && headers.claim === undefined) take(decoded(codec, value), found)
      }
      if (chunk!.nextOffset <= offset) break
      offset = chunk!.nextOffset
    }
  }
  return found
}

function take (story: AuditStory | undefined, found: Map<string, PositionSet>): void {
  for (const { eventId, decision, ingress } of story?.events ?? []) {
    if (decision === 'restated' || kindOfRow({ eventId, decision, ...ingress }) !== 'admission') continue
    const key = `${ingress.topic}/${ingress.partition}`
    const positions = found.get(key) ?? new PositionSet()
    positions.add(ingress.offset)
    found.set(key, positions)
  }
}

/** What can't be read admits nothing; the archiver records it as rejected. */
function decoded (codec: Codec, value: Buffer): AuditStory | undefined {
  try {
    return codec.decode('AuditStory', value)
  } catch (error) {
    if (error instanceof CodecError) return undefined
    throw error
  }
}
