// Asks Kafka what is there.
//
// Invariants:
//   B1. A broker that is away is said within seconds: the client itself would go on trying.
//   B2. Questions are asked a few at a time, and topics in small groups, since the client asks for the metadata of all
//       that it has been asked about again with each new one.
import { createKafka, type Logger } from '@mesh/runtime'
import type { Kafka } from 'kafkajs'
import { connect } from 'node:net'
import type { Commit, ObservedTopic } from './core/topic-rows.ts'
import { CliError } from './errors.ts'

const connectMsMax = 3_000
const topicsPerClient = 50
const atOnce = 8
export const groupsMax = 1_000

export async function connectKafka (brokers: readonly string[], clientId: string, logger: Logger): Promise<Kafka> {
  const answers = await Promise.all(brokers.map(problemOf))
  if (answers.every(problem => problem !== undefined)) {
    throw new CliError('BROKER_UNREACHABLE', `No Kafka broker answers: ${brokers.map((broker, index) => `${broker} (${answers[index]})`).join(', ')}.`)
  }
  return createKafka({ brokers, clientId, logger })
}

function problemOf (broker: string): Promise<string | undefined> {
  const [, host = '', port = ''] = /^(?:\[?)(.*?)(?:\]?):(\d+)$/.exec(broker) ?? []
  if (port === '' || Number(port) > 65_535) return Promise.resolve('it is not host:port')
  return new Promise(resolve => {
    const socket = connect({ host, port: Number(port), timeout: connectMsMax })
    const end = (problem?: string): void => {
      socket.destroy()
      resolve(problem)
    }
    socket.once('connect', () => end())
    socket.once('timeout', () => end('no answer'))
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
  })
}

export async function observeTopics (kafka: Kafka, namespace: string): Promise<ObservedTopic[]> {
  const names = await withAdmin(kafka, async admin => (await admin.listTopics()).filter(name => name.startsWith(`${namespace}.`)))
  const observed: ObservedTopic[] = []
  for (let start = 0; start < names.length; start += topicsPerClient) {
    const some = names.slice(start, start + topicsPerClient)
    observed.push(...await withAdmin(kafka, admin => inTurn(some, async topic => {
      const offsets = await admin.fetchTopicOffsets(topic)
      return { topic, partitions: offsets.map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) })) }
    })))
  }
  return observed
}

/** What the wanted groups have committed; `isBounded` where there were more than `groupsMax` of them. */
export async function observeCommits (kafka: Kafka, isOurs: (group: string) => boolean): Promise<{ readonly commits: Commit[], readonly isBounded: boolean }> {
  return withAdmin(kafka, async admin => {
    const { groups } = await admin.listGroups()
    const ours = groups.map(({ groupId }) => groupId).filter(isOurs).sort()
    const commits = await inTurn(ours.slice(0, groupsMax), async group => {
      const topics = await admin.fetchOffsets({ groupId: group })
      return topics.flatMap(({ topic, partitions }) => partitions.map(({ partition, offset }) => ({ group, topic, partition, offset: Number(offset) })))
    })
    return { commits: commits.flat(), isBounded: ours.length > groupsMax }
  })
}

export async function partitionsOf (kafka: Kafka, topic: string): Promise<number[]> {
  return withAdmin(kafka, async admin => {
    if (!(await admin.listTopics()).includes(topic)) throw new CliError('TOPIC_MISSING', `The topic ${topic} does not exist.`)
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    return topics.flatMap(({ partitions }) => partitions.map(({ partitionId }) => partitionId)).sort((a, b) => a - b)
  })
}

/** Where each partition begins and ends. */
export async function endsOf (kafka: Kafka, topic: string): Promise<{ readonly partition: number, readonly low: number, readonly high: number }[]> {
  await partitionsOf(kafka, topic)
  const offsets = await withAdmin(kafka, admin => admin.fetchTopicOffsets(topic))
  return offsets.map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) }))
}

async function withAdmin<T> (kafka: Kafka, ask: (admin: ReturnType<Kafka['admin']>) => Promise<T>): Promise<T> {
  const admin = kafka.admin()
  try {
    await admin.connect()
    return await ask(admin)
  } finally {
    await admin.disconnect()
  }
}

async function inTurn<T, R> (items: readonly T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = []
  const rest = items.entries()
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (const [index, item] of rest) answers[index] = await ask(item)
  }))
  return answers
}
