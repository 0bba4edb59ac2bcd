// Which of the fetched records belong to aborted transactions. kafkajs 2.2.4 gets this wrong where transactions of
// several producers lie between each other in one partition: it takes the aborted ones in the order in which the broker
// lists them, which is that of their ends, and looks at one more with each record. Records of a killed writer then come
// through as if they had been committed.
//
// The rule is that of Kafka's own client: aborted transactions in order of their first offset, all that have begun by a
// record's offset count, and a producer's ends with its abort marker.

export interface FetchedRecord {
  readonly offset: string
  readonly key: Buffer | null
  /** Control records are never handed over; setting it is how a record is left out without losing its offset. */
  isControlRecord: boolean
  readonly batchContext?: { readonly producerId: string, readonly inTransaction: boolean }
}

export interface AbortedTransaction {
  readonly producerId: string
  readonly firstOffset: string
}

const abortMarker = Buffer.from([0, 0, 0, 0])

/** Sets `isControlRecord` on each record of an aborted transaction; `records` are in order of offset. */
export function leaveOutAborted (records: readonly FetchedRecord[], aborted: readonly AbortedTransaction[]): void {
  const inOrder = aborted.map(({ producerId, firstOffset }) => ({ producerId, firstOffset: Number(firstOffset) })).sort((a, b) => a.firstOffset - b.firstOffset)
  const open = new Set<string>()
  let next = 0
  for (const record of records) {
    const offset = Number(record.offset)
    for (; next < inOrder.length && inOrder[next]!.firstOffset <= offset; next++) open.add(inOrder[next]!.producerId)
    const { batchContext } = record
    if (batchContext === undefined || !batchContext.inTransaction || !open.has(batchContext.producerId)) continue
    if (record.isControlRecord && record.key?.equals(abortMarker) === true) open.delete(batchContext.producerId)
    record.isControlRecord = true
  }
}
