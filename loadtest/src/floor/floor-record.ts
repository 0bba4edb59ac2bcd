// A record of the floors: what a dispatch weighs, without what it means. Its first two bytes say where it goes, so that whatever
// passes it on need not look further.
import type { Marked } from '../load/orders.ts'

/** What the mesh's envelope adds to a payload: ids, chain, signature and proof. */
const envelopeBytes = 350
/** What the mesh writes to the audit topic for a dispatch. */
export const auditBytes = 400
const headBytes = 2

export function floorValue (target: number, input: Marked): Buffer {
  const text = JSON.stringify(input)
  const value = Buffer.alloc(headBytes + text.length + envelopeBytes, 32)
  value.writeUInt16BE(target)
  value.write(text, headBytes)
  return value
}

export const targetOf = (value: Buffer): number => value.readUInt16BE()

export function markedOf (value: Buffer): Marked {
  return JSON.parse(value.toString('utf8', headBytes, value.length - envelopeBytes)) as Marked
}
