// Puts a quicker encoder and decoder for records in the place of kafkajs's (produce-encoder.ts, fetch-decoder.ts), for
// every client of the process. Both take and give what kafkajs's do; what they don't know they leave to it.
//
// The patch reaches into kafkajs, so it refuses any version but the one it was checked with. MESH_KAFKA_CODEC=kafkajs
// leaves kafkajs as it is.
import { createRequire } from 'node:module'
import { decodeFetch } from './fetch-decoder.ts'
import { checkVersion } from './kafkajs-idle-timer.ts'
import { encodeProduce, isPlain, type ProduceRequest } from './produce-encoder.ts'

const require = createRequire(import.meta.url)

interface Protocol {
  readonly request: { encode (): Promise<unknown> }
  readonly response: { decode (raw: Buffer): Promise<unknown>, parse (data: unknown): Promise<unknown> }
}
type Maker = (parameters: object) => Protocol
interface Definition { protocol (wanted: { readonly version: number }): Maker }

/** The versions whose bytes the two know; a broker that offers others is left to kafkajs. */
const produceVersions = { least: 3, most: 7 }
const fetchVersion = 11

let patched = false

export function patchCodec (): void {
  if (patched) return
  checkVersion((require('kafkajs/package.json') as { readonly version: string }).version)
  const { requests } = require('kafkajs/src/protocol/requests') as { requests: Record<'Produce' | 'Fetch', Definition> }
  requests.Produce = { ...requests.Produce, protocol: producing(requests.Produce) }
  requests.Fetch = { ...requests.Fetch, protocol: fetching(requests.Fetch) }
  patched = true
}

const producing = (original: Definition): Definition['protocol'] => ({ version }) => {
  const make = original.protocol({ version })
  if (version < produceVersions.least || version > produceVersions.most) return make
  return parameters => {
    const protocol = make(parameters)
    const request = parameters as ProduceRequest
    if (!isPlain(request)) return protocol
    return { ...protocol, request: { ...protocol.request, encode: async () => encoded(encodeProduce(request, Date.now())) } }
  }
}

/** The part of kafkajs's encoder that its frame reads. */
const encoded = (buffer: Buffer): object => ({ buf: buffer, buffer, size: () => buffer.length })

const fetching = (original: Definition): Definition['protocol'] => ({ version }) => {
  const make = original.protocol({ version })
  if (version !== fetchVersion) return make
  return parameters => {
    const protocol = make(parameters)
    const { response } = protocol
    return { ...protocol, response: { ...response, decode: async raw => decodeFetch(raw) ?? response.decode(raw) } }
  }
}
