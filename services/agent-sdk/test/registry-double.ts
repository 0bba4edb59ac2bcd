// A test double of the registry's HTTP interface: creates the agent's topics and remembers what it said.
import { type TopicNames } from '@mesh/topics'
import { Kafka, logLevel } from 'kafkajs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface KnownAgent {
  readonly name: string
  readonly offers: readonly string[]
  readonly dependencies: readonly string[]
  readonly inboxPartitions: number
}

export interface RegistryDouble {
  readonly url: string
  readonly agents: ReadonlyMap<string, KnownAgent>
  /** Bodies of registrations, oldest first. */
  readonly bodies: readonly Record<string, unknown>[]
  /** What to answer in place of the next registrations. */
  readonly instead: { status: number, body: unknown }[]
  stop (): Promise<void>
}

export const inboxPartitions = 4
export const answersPartitions = 8

export async function startRegistryDouble (options: { brokers: readonly string[], names: TopicNames } | undefined): Promise<RegistryDouble> {
  const agents = new Map<string, KnownAgent>()
  const bodies: Record<string, unknown>[] = []
  const instead: { status: number, body: unknown }[] = []

  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    const answer = (status: number, body: unknown) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    const other = instead.shift()
    if (other !== undefined) return void answer(other.status, other.body)
    const body = JSON.parse(text) as { name: string, version: string, capabilities: { name: string }[], dependencies?: string[] }
    bodies.push(body)
    if (options !== undefined) await createTopics(options.brokers, options.names, body.name)
    agents.set(body.name, { name: body.name, offers: body.capabilities.map(({ name }) => name), dependencies: body.dependencies ?? [], inboxPartitions })
    answer(200, { agent: body.name, version: body.version, inboxPartitions, answersPartitions, controlOffset: bodies.length - 1, warnings: [] })
  }
  const server = createServer((request, response) => { take(request, response).catch(error => response.writeHead(500).end(String(error))) })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, agents, bodies, instead,
    stop: () => new Promise(resolve => { server.close(() => resolve()); server.closeAllConnections() })
  }
}

async function createTopics (brokers: readonly string[], names: TopicNames, agent: string): Promise<void> {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    await admin.createTopics({
      waitForLeaders: true,
      topics: [
        ...names.inboxAll(agent).map(topic => ({ topic, numPartitions: inboxPartitions, replicationFactor: 1 })),
        { topic: names.answers(agent), numPartitions: answersPartitions, replicationFactor: 1 }
      ]
    })
  } finally {
    await admin.disconnect()
  }
}
