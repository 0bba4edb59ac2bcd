// What the owner of a task must know: the rules. The runner owns Kafka, the logic owns meaning.
//
// A task is partition i of every input topic, of the changelog and of the deferred topic, written by one owner at a time.
//
// Invariants that the runner relies on:
//   L1. `plan` changes nothing: a round may be planned again, whole or in part, also when it has thrown.
//   L2. `applied` is called at most once a round, after its records were produced and before its commit. If the commit
//       fails the whole logic object is dropped and a new one is restored, so there is nothing to undo.
//   L3. The changelog from the committed low-water mark rebuilds the same state, and so does the deferred topic. The marks
//       committed with a round are those of the round before (X2 of transactions.ts): a restore may begin lower than the
//       last ones answered, never higher.
//   L4. What `plan` throws is blamed on a record, searched for and set aside through `poisoned`; an error with
//       `retriable: true` says that it was something else (a store that is down), and the round is tried again as it is.

export interface InputRecord {
  /** Index of the topic in `inputTopics`; 0 is the most urgent. */
  readonly lane: number
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Broker append time, milliseconds since 1970. */
  readonly appendedAtMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** Size of all header names and values; the runner keeps the headers themselves only for tracing. */
  readonly headerBytes: number
  readonly headers: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>
}

export interface OutputRecord {
  readonly topic: string
  readonly partition: number
  readonly key: string | Buffer | null
  readonly value: Buffer | null
  readonly headers?: Record<string, string | Buffer>
}

/** A record for the task's own partition of the changelog or the deferred topic; a null value is a tombstone. */
export interface KeyedRecord {
  readonly key: string
  readonly value: Buffer | null
}

export interface RoundPlan {
  readonly outputs: readonly OutputRecord[]
  readonly changelog: readonly KeyedRecord[]
  readonly deferred: readonly KeyedRecord[]
}

/** Where a round's records landed. Offsets are consecutive from the base; -1 where the round wrote none there. */
export interface Produced {
  readonly changelogBaseOffset: number
  readonly deferredBaseOffset: number
  readonly appendedAtMs: number
}

/** The lowest offsets that the state still needs; committed with the round, and where a new owner begins to read. */
export interface LowWater {
  readonly changelogOffset: number
  readonly deferredOffset: number
}

export interface RestoredRecord {
  readonly key: string
  readonly value: Buffer | null
  readonly offset: number
  readonly appendedAtMs: number
}

/** What the fold has shown. */
export interface Restored {
  /** Next offset of the inputs, by topic, as far as the changelog knows what was taken; those of the group may lie behind it. */
  readonly inputs: ReadonlyMap<string, number>
  /** The lowest offsets that the state needs. */
  readonly marks: LowWater
}

export interface TaskLogic<Plan extends RoundPlan = RoundPlan> {
  restoreChangelog (record: RestoredRecord): void
  restoreDeferred (record: RestoredRecord): void
  /**
   * Called once, after the last restored record; next offsets are the ones after the owner's own claim records. Answers nothing
   * where the fold shows nothing.
   */
  restored (at: {
    readonly nowMs: number
    /** Committed low-water mark from which the changelog was read; 0 when it was read from its beginning. */
    readonly changelogStartOffset: number
    readonly changelogNextOffset: number
    readonly deferredNextOffset: number
  }): Restored | undefined
  /** Decides about records (in order of lane, then offset; may be empty when only a due time has come). */
  plan (records: readonly InputRecord[], nowMs: number): Plan | Promise<Plan>
  /** Takes the plan into the state and answers the marks to commit; they must not go down while this object lives. */
  applied (plan: Plan, produced: Produced): LowWater
  /** When a round is wanted though no record came; undefined for never. */
  nextDueMs (): number | undefined
  /** The plan for one record that, alone, made its round fail twice. */
  poisoned (record: InputRecord, error: Error): Plan
}
