// Between a dispatch and its bytes.
//
// Invariants:
//   W1. Nothing larger than the mesh takes is sent: the sender is told, not the dead letter.
import { type Codec, CodecError, type Delivery, type Dispatch, reasonCodes } from '@mesh/schemas'
import { limits } from '@mesh/topics'
import { MeshError } from './errors.ts'

const unsigned = { keyId: '', signature: Buffer.alloc(0), proof: Buffer.alloc(0) }

export function toWire (codec: Codec, dispatch: Dispatch): Buffer {
  const facts = { dispatchId: dispatch.dispatchId, capability: dispatch.capability }
  let value: Buffer
  try {
    value = codec.encode('SignedDispatch', { body: codec.encode('Dispatch', dispatch), ...unsigned })
  } catch (error) {
    if (error instanceof CodecError) throw new MeshError('INVALID_FIELD', error.message, { ...reasonCodes.INVALID_FIELD, ...facts })
    throw error
  }
  if (value.length <= limits.dispatchValueBytesMax) return value
  throw new MeshError('VALUE_TOO_LARGE', `the dispatch has ${value.length} bytes; the mesh takes ${limits.dispatchValueBytesMax}`, { ...reasonCodes.VALUE_TOO_LARGE, ...facts })
}

/** Throws CodecError. */
export function fromWire (codec: Codec, bytes: Buffer): { delivery: Delivery, dispatch: Dispatch } {
  const delivery = codec.decode('Delivery', bytes)
  return { delivery, dispatch: codec.decode('Dispatch', delivery.dispatch.body) }
}
