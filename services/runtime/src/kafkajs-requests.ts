// Requests that kafkajs doesn't know, over its connections: they bring its TLS, its authentication and its timeouts.
//
// Invariants:
//   Q1. Requests of one call leave in one write, in their order; a broker works off a connection's requests one after another.
//   Q2. All have been answered, or have failed, before the call says either.
//
// This reaches into kafkajs, so it refuses any version but the one it was checked with (kafkajs-cluster.ts).
import type { Socket } from 'node:net'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import type { Broker } from './kafkajs-cluster.ts'
import type { ApiRequest } from './transaction-requests.ts'

interface Response { readonly payload: Buffer }

interface Connection {
  readonly clientId: string
  readonly sasl: unknown
  readonly socket: Socket
  readonly requestQueue: {
    push (pushed: { readonly entry: object, readonly expectResponse: boolean, readonly requestTimeout: number | null, sendRequest (): void }): void
  }
  isAuthenticated (): boolean
  authenticate (): Promise<void>
  nextCorrelationId (): number
  failIfNotConnected (): void
}

type Answers<Requests extends readonly ApiRequest<unknown>[]> = { [I in keyof Requests]: Requests[I] extends ApiRequest<infer Answer> ? Answer : never }

const apiVersionsKey = 18
const frameBytes = 4 + 2 + 2 + 4 + 2 + 1

export async function askBroker<const Requests extends readonly ApiRequest<unknown>[]> (broker: Broker, requests: Requests): Promise<Answers<Requests>> {
  const connection = await (broker.connectionPool as unknown as { getConnection (): Promise<Connection> }).getConnection()
  if (isSet(connection.sasl) && !connection.isAuthenticated()) await connection.authenticate()
  connection.failIfNotConnected()
  const { socket } = connection
  socket.cork()
  const sent = requests.map(request => sendOne(connection, request))
  socket.uncork()
  const outcomes = await Promise.allSettled(sent)
  return outcomes.map(outcome => {
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  }) as Answers<Requests>
}

const isSet = (value: unknown): boolean => value !== null && value !== undefined

async function sendOne<Answer> (connection: Connection, request: ApiRequest<Answer>): Promise<Answer> {
  const { apiKey, apiName, apiVersion } = request
  const correlationId = connection.nextCorrelationId()
  const frame = framed(request, correlationId, connection.clientId)
  const { payload } = await new Promise<Response>((resolve, reject) => {
    connection.requestQueue.push({
      entry: { apiKey, apiName, apiVersion, correlationId, resolve, reject }, expectResponse: true, requestTimeout: null,
      sendRequest: () => { connection.socket.write(frame) }
    })
  })
  const reader = new ByteReader(payload)
  // This one's header never has tags, so that clients of any age can read it.
  if (apiKey !== apiVersionsKey) reader.tags()
  return request.read(reader)
}

/** With request header 2. */
function framed (request: ApiRequest<unknown>, correlationId: number, clientId: string): Buffer {
  const to = new ByteWriter(frameBytes + Buffer.byteLength(clientId) + request.bytesMax)
  to.int32(0)
  to.int16(request.apiKey)
  to.int16(request.apiVersion)
  to.int32(correlationId)
  to.string(clientId)
  to.noTags()
  request.write(to)
  to.buffer.writeInt32BE(to.at - 4, 0)
  return to.written
}
