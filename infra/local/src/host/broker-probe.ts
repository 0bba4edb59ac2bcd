// Asks a broker for its API versions, by hand: a broker answers only once the controller has admitted it, and a whole
// client would be loaded for one request.
import { connect } from 'node:net'

const timeoutMs = 3_000
const correlationId = 7

// Size, api key 18, version 0, correlation id, no client id.
function apiVersionsRequest (): Buffer {
  const request = Buffer.alloc(14)
  request.writeInt32BE(10, 0)
  request.writeInt16BE(18, 4)
  request.writeInt16BE(0, 6)
  request.writeInt32BE(correlationId, 8)
  request.writeInt16BE(-1, 12)
  return request
}

export function brokerAnswers (port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ port, host: '127.0.0.1', timeout: timeoutMs })
    const end = (isUp: boolean) => {
      socket.destroy()
      resolve(isUp)
    }
    socket.once('connect', () => socket.write(apiVersionsRequest()))
    // Size, correlation id, error code: the first chunk holds them.
    socket.once('data', data => end(data.length >= 10 && data.readInt32BE(4) === correlationId && data.readInt16BE(8) === 0))
    for (const event of ['error', 'timeout', 'close'] as const) socket.once(event, () => end(false))
  })
}
