// Takes dispatches to their topics: encoded once, signed as they leave, at the partition of their workflow, in the order of `send`.
//
// Invariants:
//   K1. A dispatch goes to `dispatch.p<priority>` with its workflow as key: that makes its task.
//   K2. At most `inFlightBytesMax` are handed to the sender at once, because a batch larger than a topic's limit fails whole.
//   K3. Background work may linger for more of it; what somebody may be waiting for leaves at once.
//   K4. At most `queueMax` wait; one more is refused with QUEUE_FULL.
import { type BatchSender, CodedError } from '@mesh/runtime'
import type { Codec, Dispatch } from '@mesh/schemas'
import { signatureBytesMax } from '@mesh/signing'
import { partitionFor, type TopicNames } from '@mesh/topics'
import type { Carrier } from './carrier.ts'
import { type SdkCode, sdkCodes } from './codes.ts'
import { MeshError } from './errors.ts'
import type { Sealing } from './sealing.ts'
import { bodyOf } from './wire.ts'

export interface KafkaCarrierOptions {
  /** Seals with `sealing`. */
  readonly sender: BatchSender
  readonly sealing: Sealing
  readonly codec: Codec
  readonly names: TopicNames
  readonly dispatchPartitions: number
}

interface Queued {
  readonly dispatch: Dispatch
  readonly value: Buffer
  readonly sent: (error?: MeshError) => void
}

const inFlightBytesMax = 768 * 1024
const queueMax = 10_000
/** What a record costs beside its value. */
const recordOverheadBytes = 256 + signatureBytesMax
/** From this class on a dispatch may linger. */
const lingersFrom = 2

export class KafkaCarrier implements Carrier {
  readonly #options: KafkaCarrierOptions
  readonly #queue: Queued[] = []
  #inFlightBytes = 0

  constructor (options: KafkaCarrierOptions) { this.#options = options }

  send (dispatch: Dispatch): Promise<void> {
    return new Promise((resolve, reject) => {
      const value = bodyOf(this.#options.codec, dispatch)
      if (this.#queue.length >= queueMax) throw failure('QUEUE_FULL', `${queueMax} dispatches wait to be sent`, dispatch)
      this.#queue.push({ dispatch, value, sent: error => error === undefined ? resolve() : reject(error) })
      this.#next()
    })
  }

  #next (): void {
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      const bytes = first.value.length + recordOverheadBytes
      if (this.#inFlightBytes > 0 && this.#inFlightBytes + bytes > inFlightBytesMax) return
      const { dispatch, value, sent } = first
      this.#queue.shift()
      this.#inFlightBytes += bytes
      this.#hand(dispatch, value, error => {
        this.#inFlightBytes -= bytes
        sent(error)
        this.#next()
      })
    }
  }

  #hand (dispatch: Dispatch, value: Buffer, sent: Queued['sent']): void {
    const { sender, sealing, names, dispatchPartitions } = this.#options
    const { workflowId, priority, source } = dispatch
    const partition = partitionFor(workflowId, dispatchPartitions)
    const record = sealing.by(source, { topic: names.dispatch(priority), partition, key: workflowId, value, mayLinger: priority >= lingersFrom })
    sender.send(record, error => sent(error === undefined ? undefined : failureOf(error, dispatch)))
  }
}

function failureOf (error: Error, dispatch: Dispatch): MeshError {
  const code = error instanceof CodedError ? error.code : 'SEND_FAILED'
  if (code === 'QUEUE_FULL') return failure('QUEUE_FULL', error.message, dispatch)
  if (code === 'CLOSED') return failure('STOPPED', 'the connection to the mesh is closed', dispatch)
  return failure('SEND_FAILED', error.message, dispatch, error)
}

const failure = (code: SdkCode, message: string, { dispatchId, capability }: Dispatch, cause?: Error): MeshError =>
  new MeshError(code, message, { ...sdkCodes[code], dispatchId, capability, cause })
