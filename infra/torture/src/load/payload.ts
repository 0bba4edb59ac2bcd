// What the load sends: a mark by which it is known again, and some weight.
import { createHash } from 'node:crypto'

export interface Payload { readonly token: string, readonly filler: string }

export const payloadOf = (token: string, fillerBytes: number): Payload => ({ token, filler: 'x'.repeat(fillerBytes) })
export const payloadBytes = (payload: Payload): Buffer => Buffer.from(JSON.stringify(payload))
export const payloadHash = (payload: Payload): string => createHash('sha256').update(payloadBytes(payload)).digest('hex').slice(0, 16)
