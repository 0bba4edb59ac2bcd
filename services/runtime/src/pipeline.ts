// A record's path as named steps that take the whole batch.
//
// Invariants:
//   P1. Steps run in the order in which they are written, each over the records that are still on the path, in their order.
//   P2. Each record ends in exactly one outcome: what a step ended it with, or the last step's value. There is no way to
//       drop one: a step that answers for another number of records than it was given fails the batch (PIPELINE_BROKEN).
//   P3. A thrown error is not an outcome: nothing of the batch is done, and whoever reads it reads it again.
//   P4. A path of synchronous steps is synchronous: no promise at all, and arrays a step instead of closures a record.
//
// Reading, transactions, retries and metrics are the business of whoever runs the path.
import { CodedError, type RuntimeErrorCode } from './errors.ts'

/** Takes a record off the path, with the outcome that is to be recorded for it. */
export class Ended<End> {
  readonly outcome: End
  constructor (outcome: End) { this.outcome = outcome }
}

export const ended = <End>(outcome: End): Ended<End> => new Ended(outcome)

/** What became of a record. */
export type PathEnd<Out, End> =
  | { readonly type: 'through', readonly value: Out }
  | { readonly type: 'ended', readonly outcome: End, readonly step: string }

/** Answers for each record of the batch, in its order. */
export type BatchStep<In, Out, End> = (batch: readonly In[]) => readonly (Out | Ended<End>)[]
export type AsyncBatchStep<In, Out, End> = (batch: readonly In[]) => Promise<readonly (Out | Ended<End>)[]>

export interface Pipeline<In, Out, End> {
  readonly steps: readonly string[]
  step<Next> (name: string, step: BatchStep<Out, Next, End>): Pipeline<In, Next, End>
  /** From here on the path must be awaited. */
  asyncStep<Next> (name: string, step: AsyncBatchStep<Out, Next, End>): AsyncPipeline<In, Next, End>
  /** One end a record, in the batch's order. */
  run (batch: readonly In[]): PathEnd<Out, End>[]
}

export interface AsyncPipeline<In, Out, End> {
  readonly steps: readonly string[]
  step<Next> (name: string, step: BatchStep<Out, Next, End>): AsyncPipeline<In, Next, End>
  asyncStep<Next> (name: string, step: AsyncBatchStep<Out, Next, End>): AsyncPipeline<In, Next, End>
  run (batch: readonly In[]): Promise<PathEnd<Out, End>[]>
}

interface NamedStep<Answers> { readonly name: string, readonly step: (batch: readonly never[]) => Answers }
type Answers = readonly unknown[]

/**
 * A path without steps yet.
 *
 * @example
 * const path = pipeline<Incoming, Refusal>().step('decode', batch => batch.map(decode)).step('decide', decideAll)
 * for (const end of path.run(batch)) record(end)
 */
export const pipeline = <In, End>(): Pipeline<In, In, End> => synchronous([])

function synchronous<In, Out, End> (named: readonly NamedStep<Answers>[]): Pipeline<In, Out, End> {
  return {
    steps: named.map(({ name }) => name),
    step: (name, step) => synchronous([...named, { name, step }]),
    asyncStep: (name, step) => asynchronous([...named, { name, step }]),
    run (batch) {
      const under = new BatchUnderWay<Out, End>(batch)
      for (const { name, step } of named) if (under.open.length > 0) under.take(name, step(under.open))
      return under.ends()
    }
  }
}

function asynchronous<In, Out, End> (named: readonly NamedStep<Answers | Promise<Answers>>[]): AsyncPipeline<In, Out, End> {
  return {
    steps: named.map(({ name }) => name),
    step: (name, step) => asynchronous([...named, { name, step }]),
    asyncStep: (name, step) => asynchronous([...named, { name, step }]),
    async run (batch) {
      const under = new BatchUnderWay<Out, End>(batch)
      for (const { name, step } of named) if (under.open.length > 0) under.take(name, await step(under.open))
      return under.ends()
    }
  }
}

class BatchUnderWay<Out, End> {
  /** What is still on the path, and its places in the batch. */
  open: readonly never[]
  #places: number[]
  readonly #ends: PathEnd<Out, End>[]

  constructor (batch: readonly unknown[]) {
    this.open = batch as readonly never[]
    this.#places = batch.map((_, place) => place)
    this.#ends = new Array(batch.length)
  }

  take (step: string, answers: Answers): void {
    if (answers.length !== this.open.length) {
      throw new CodedError<RuntimeErrorCode>('PIPELINE_BROKEN', `${step} answered for ${answers.length} of ${this.open.length} records`)
    }
    const open: never[] = []
    const places: number[] = []
    for (let i = 0; i < answers.length; i++) {
      const answer = answers[i]
      const place = this.#places[i] as number
      if (answer instanceof Ended) this.#ends[place] = { type: 'ended', outcome: answer.outcome, step }
      else {
        open.push(answer as never)
        places.push(place)
      }
    }
    this.open = open
    this.#places = places
  }

  ends (): PathEnd<Out, End>[] {
    for (const [i, value] of this.open.entries()) this.#ends[this.#places[i] as number] = { type: 'through', value }
    return this.#ends
  }
}
