// A test double of the registry's HTTP interface: keeps what it is told, and answers what it is told to.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface RegistryDouble {
  readonly url: string
  /** Bodies of registrations, oldest first. */
  readonly bodies: readonly Record<string, unknown>[]
  /** What to answer to the next registrations in place of the usual. */
  readonly instead: { status: number, body: unknown }[]
  stop (): Promise<void>
}

export const usualAnswer = { agent: 'a', version: '1.0.0', inboxPartitions: 4, answersPartitions: 8, controlOffset: 3, warnings: ['nobody offers memory_lookup yet'] }

export async function startRegistryDouble (): Promise<RegistryDouble> {
  const bodies: Record<string, unknown>[] = []
  const instead: { status: number, body: unknown }[] = []
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    bodies.push(JSON.parse(text) as Record<string, unknown>)
    const { status, body } = instead.shift() ?? { status: 200, body: usualAnswer }
    response.writeHead(status, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body))
  }
  const server = createServer((request, response) => void take(request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies, instead,
    stop: () => new Promise(resolve => { server.close(() => resolve()); server.closeAllConnections() })
  }
}
