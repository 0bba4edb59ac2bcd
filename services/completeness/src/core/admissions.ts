// Which archived event is the admission of an ingress record.
//
// A1. An admission's id is the position of the record that it admits; there is exactly one for each record, whatever it holds.
// A2. What is decided later has an id of a closed form: a position with what happened behind it, or the task's own.
// A3. A row that is neither is stray: somebody wrote a decision again under another id. Decisions that only an admission can
//     make are stray under any other id, whatever its form.

export interface AdmissionRow {
  readonly eventId: string
  readonly decision: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export type RowKind = 'admission' | 'later' | 'stray'

const admissionOnly: ReadonlySet<string> = new Set(['delivered', 'deferred', 'repeated', 'late', 'progressed'])
const laterId = /^(?:task\/\d+\/.+|.+\/\d+\/\d+\/(?:outcome|released|dead-letter|ended|attempt\/\d+))$/

export const positionId = ({ topic, partition, offset }: { readonly topic: string, readonly partition: number, readonly offset: number }): string =>
  `${topic}/${partition}/${offset}`

export function kindOfRow (row: AdmissionRow): RowKind {
  if (row.eventId === positionId(row)) return 'admission'
  return !admissionOnly.has(row.decision) && laterId.test(row.eventId) ? 'later' : 'stray'
}
