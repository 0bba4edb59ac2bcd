// What one round of counting takes from the ingress partitions.
//
// R1. Only what was decided is counted, so that what is not in the archive is missing and not merely late.
// R2. All partitions are cut at one time, so that one look into the archive, at one short stretch of it, covers the round.
// R3. Markers behind what was decided are passed, so that a topic that ends with one is counted to its end.
// R4. Each round moves on: the partition that sets the time is taken whole.

export interface CountedRecord {
  readonly offset: number
  readonly appendedAtMs: number
}

/** What was read of a partition. */
export interface ReadPart {
  readonly topic: string
  readonly partition: number
  readonly startOffset: number
  readonly records: readonly CountedRecord[]
  /** Behind what was read, be it of a record for readers or not. */
  readonly nextOffset: number
  /** Where the topic ended for readers. */
  readonly endOffset: number
  /** Below it all was decided. */
  readonly decidedBelow: number
}

export interface CountedPart {
  readonly topic: string
  readonly partition: number
  readonly startOffset: number
  readonly nextOffset: number
  readonly records: readonly CountedRecord[]
  /** All that was appended before is counted; null where nothing new is known. */
  readonly countedUntilMs: number | null
}

/** `askedAtMs`: broker's or this machine's time before the topics were asked where they end. */
export function roundOf (parts: readonly ReadPart[], askedAtMs: number): CountedPart[] {
  const decided = parts.map(withinDecided)
  const untilMs = Math.min(...decided.filter(({ isDrained, records }) => !isDrained && records.length > 0).map(({ records }) => records.at(-1)!.appendedAtMs))
  return decided.map(({ isAtEnd, isDrained: _, ...part }): CountedPart => {
    const cut = part.records.findIndex(({ appendedAtMs }) => appendedAtMs > untilMs)
    if (cut < 0) return { ...part, countedUntilMs: isAtEnd ? askedAtMs : part.records.at(-1)?.appendedAtMs ?? null }
    const records = part.records.slice(0, cut)
    return { ...part, records, nextOffset: part.records[cut]!.offset, countedUntilMs: records.at(-1)?.appendedAtMs ?? null }
  })
}

interface DecidedPart extends Omit<CountedPart, 'countedUntilMs'> { readonly isDrained: boolean, readonly isAtEnd: boolean }

function withinDecided ({ topic, partition, startOffset, records, nextOffset, endOffset, decidedBelow }: ReadPart): DecidedPart {
  const undecided = records.find(({ offset }) => offset >= decidedBelow)
  const end = undecided?.offset ?? nextOffset
  return {
    topic, partition, startOffset, nextOffset: end, records: records.filter(({ offset }) => offset < end),
    isDrained: end >= Math.min(decidedBelow, endOffset), isAtEnd: end >= endOffset
  }
}

/** From the first to the last append time of the round; undefined where it holds no record. */
export function timesOf (parts: readonly CountedPart[]): { readonly fromMs: number, readonly toMs: number } | undefined {
  let [fromMs, toMs] = [Infinity, -Infinity]
  for (const { records } of parts) {
    for (const { appendedAtMs } of records) {
      if (appendedAtMs < fromMs) fromMs = appendedAtMs
      if (appendedAtMs > toMs) toMs = appendedAtMs
    }
  }
  return fromMs <= toMs ? { fromMs, toMs } : undefined
}
