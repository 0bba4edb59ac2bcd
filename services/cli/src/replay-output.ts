// Where a replay goes: a file, a topic, or standard output.
//
// Invariants:
//   W1. A file: exactly once. What a killed replay wrote beyond its state is cut off before it goes on.
//   W2. A topic: at least once, acknowledged by all replicas before the state says so; the event's id tells the repeats.
//   W3. Bounded: the replay flushes before more than its bound is held here.
import { createKafka, type Logger } from '@mesh/runtime'
import type { AuditEvent, Codec } from '@mesh/schemas'
import type { Message } from 'kafkajs'
import { open, stat } from 'node:fs/promises'
import { replayKey } from './core/replay-order.ts'
import { CliError } from './errors.ts'

export interface ReplayOutput {
  add (event: AuditEvent): void
  /** Resolves when all of it is where it belongs; answers the length of a file, 0 for anything else. */
  flush (): Promise<number>
  close (): Promise<void>
}

/** `resumeBytes`: what the state speaks of; undefined where there is none yet. */
export async function fileOutput (path: string, resumeBytes: number | undefined, isResumed: boolean): Promise<ReplayOutput> {
  const file = await open(path, resumeBytes === undefined ? 'wx' : 'r+').catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw new CliError('REPLAY_REFUSED', `${path} can't be written: ${error.message}`)
    // Killed between making the file and its first state.
    if (isResumed && (await stat(path)).size === 0) return open(path, 'r+')
    throw new CliError('REPLAY_REFUSED', `${path} exists already.`, { next: 'Name another file, or go on with --resume.' })
  })
  let bytes = resumeBytes ?? 0
  if (resumeBytes !== undefined) {
    const { size } = await file.stat()
    if (size < resumeBytes) throw new CliError('REPLAY_REFUSED', `${path} is shorter than the replay left it: ${size} bytes of ${resumeBytes}.`)
    await file.truncate(resumeBytes)
  }
  let text = ''
  return {
    add (event) { text += `${JSON.stringify({ key: replayKey(event), event })}\n` },
    async flush () {
      if (text === '') return bytes
      const part = Buffer.from(text)
      text = ''
      await file.write(part, 0, part.length, bytes)
      await file.datasync()
      bytes += part.length
      return bytes
    },
    close: () => file.close()
  }
}

export interface TopicOutputOptions {
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly topic: string
  readonly partitions: number
  readonly codec: Codec
  readonly logger: Logger
}

/** Each event as a story of its own, in the partition of its task, so that a key stays in order. */
export async function topicOutput ({ brokers, clientId, topic, partitions, codec, logger }: TopicOutputOptions): Promise<ReplayOutput> {
  const producer = createKafka({ brokers, clientId, logger }).producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  let messages: Message[] = []
  return {
    add (event) {
      messages.push({ key: replayKey(event), partition: event.task % partitions, value: codec.encode('AuditStory', { events: [event], eventsDropped: 0 }) })
    },
    async flush () {
      if (messages.length > 0) await producer.send({ topic, acks: -1, messages })
      messages = []
      return 0
    },
    close: () => producer.disconnect()
  }
}

export function streamOutput (line: (text: string) => Promise<void>): ReplayOutput {
  let lines: string[] = []
  return {
    add (event) { lines.push(JSON.stringify({ key: replayKey(event), event })) },
    async flush () {
      if (lines.length > 0) await line(lines.join('\n'))
      lines = []
      return 0
    },
    close: () => Promise.resolve()
  }
}
