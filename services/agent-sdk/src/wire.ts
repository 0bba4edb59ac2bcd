// Between a dispatch and its bytes.
//
// Invariants:
//   W1. Nothing larger than the mesh takes is sent, with the signature that is still to come: the sender is told, not the dead letter.
import { type Codec, CodecError, type Delivery, type Dispatch, reasonCodes } from '@mesh/schemas'
import { signatureBytesMax } from '@mesh/signing'
import { limits } from '@mesh/topics'
import { MeshError } from './errors.ts'

export const unsigned = { keyId: '', signature: Buffer.alloc(0), proof: Buffer.alloc(0) }
const bodyBytesMax = limits.dispatchValueBytesMax - signatureBytesMax

/** The body that is signed as it leaves. */
export function bodyOf (codec: Codec, dispatch: Dispatch): Buffer {
  const facts = { dispatchId: dispatch.dispatchId, capability: dispatch.capability }
  let body: Buffer
  try {
    body = codec.encode('Dispatch', dispatch)
  } catch (error) {
    if (error instanceof CodecError) throw new MeshError('INVALID_FIELD', error.message, { ...reasonCodes.INVALID_FIELD, ...facts })
    throw error
  }
  if (body.length <= bodyBytesMax) return body
  throw new MeshError('VALUE_TOO_LARGE', `the dispatch has ${body.length} bytes; the mesh takes ${bodyBytesMax}`, { ...reasonCodes.VALUE_TOO_LARGE, ...facts })
}

/** For what signs nothing: a mesh within one process. */
export const unsignedOf = (codec: Codec, dispatch: Dispatch): Buffer => codec.encode('SignedDispatch', { body: bodyOf(codec, dispatch), ...unsigned })

/** Throws CodecError. */
export function fromWire (codec: Codec, bytes: Buffer): { delivery: Delivery, dispatch: Dispatch } {
  const delivery = codec.decode('Delivery', bytes)
  return { delivery, dispatch: codec.decode('Dispatch', delivery.dispatch.body) }
}
