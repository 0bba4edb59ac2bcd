import type { IHeaders } from 'kafkajs'

/** Size of all header names and values, in bytes as they travel. */
export function headerBytesOf (headers: IHeaders): number {
  let bytes = 0
  for (const [name, value] of Object.entries(headers)) {
    for (const one of Array.isArray(value) ? value : [value]) bytes += Buffer.byteLength(name) + (one === undefined ? 0 : Buffer.byteLength(one))
  }
  return bytes
}
