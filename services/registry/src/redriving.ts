// What a dead letter holds that can be sent again.
//
// V1. A redrive that came to be a dead letter itself gives what it carried, if the control plane wrote it; one that an agent
//     made up gives nothing.
// V2. What is said of bytes that can't be read is their fault, never what is in them.

import { CodecError, isProven, type Codec, type DeadLetter, type Dispatch } from '@mesh/schemas'
import { limits, priorities } from '@mesh/topics'

export interface Redrivable {
  /** The SignedDispatch, as its source wrote it. */
  readonly value: Buffer
  readonly dispatch: Dispatch
}

/** What can be sent again, or why nothing can. */
export function redrivable ({ value }: Pick<DeadLetter, 'value'>, codec: Codec, redriveKey: Uint8Array): Redrivable | { readonly problem: string } {
  if (value === null) return { problem: 'It holds no value.' }
  try {
    const signed = signedIn(value, codec, redriveKey)
    if (signed === undefined) return { problem: 'It is a redrive that the control plane did not write.' }
    if (signed.length > limits.dispatchValueBytesMax) return { problem: `It has ${signed.length} bytes, and the mesh takes ${limits.dispatchValueBytesMax} at most.` }
    const dispatch = codec.decode('Dispatch', codec.decode('SignedDispatch', signed).body)
    const { workflowId, priority } = dispatch
    if (workflowId === '' || !priorities.some(known => known === priority)) return { problem: 'Its workflow id or its priority is none, so it has no place to go to.' }
    return { value: signed, dispatch }
  } catch (error) {
    if (!(error instanceof CodecError)) throw error
    return { problem: `Its value can not be read as a dispatch (${error.code}).` }
  }
}

function signedIn (value: Buffer, codec: Codec, redriveKey: Uint8Array): Buffer | undefined {
  if (codec.nameOf(value) !== 'Redrive') return value
  const redrive = codec.decode('Redrive', value)
  return isProven(redriveKey, redrive) ? redrive.value : undefined
}
