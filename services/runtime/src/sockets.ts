// kafkajs's own sockets, but for one option that Kafka's own client sets: without it the last piece of a large request
// waits until the broker has acknowledged the pieces before it, which the broker's kernel may put off for 40 ms.
import { connect, isIP } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'

const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }

export const promptSockets: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const name = isIP(host) === 0 ? { servername: host } : {}
  return ssl ? connectSecurely({ host, port, ...options, ...name, ...ssl }, onConnect) : connect({ host, port, ...options }, onConnect)
}
