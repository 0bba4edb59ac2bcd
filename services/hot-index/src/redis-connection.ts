// A connection to Redis for one purpose: an answer within its bound, or a failure.
//
// R1. Nothing waits for a connection, nothing is sent twice, and no answer is waited for longer than its bound.
// R2. `generation` grows with every connection: what was begun on one and ended on another may be about two Redises.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Redis } from 'ioredis'

export interface Script {
  readonly text: string
  readonly sha: string
}

export type CallArgs = readonly (string | number | Buffer)[]

export interface RedisFacts {
  /** Another one after a restart, and after keys were thrown out to make room. */
  readonly redisId: string
  readonly usedBytes: number
  /** Infinity where nobody set a bound. */
  readonly bytesMax: number
}

export interface RedisConnection {
  readonly generation: number
  /** Resolves with the answers, in order; rejects with the first error. */
  calls (script: Script, calls: readonly CallArgs[]): Promise<unknown[]>
  /** Asks for the facts after the calls, on the same connection. */
  callsWithFacts (script: Script, calls: readonly CallArgs[]): Promise<{ readonly answers: readonly unknown[], readonly facts: RedisFacts }>
  facts (): Promise<RedisFacts>
  hash (key: string): Promise<Map<string, string>>
  close (): Promise<void>
}

const connectMsMax = 1_000
const pauseMs = 1_000
const disconnectMsMax = 500

export function loadScript (name: string): Script {
  const text = readFileSync(new URL(name, import.meta.url), 'utf8')
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

export function openConnection (redisUrl: string, answerMsMax: number): RedisConnection {
  const redis = new Redis(redisUrl, {
    connectTimeout: connectMsMax, disconnectTimeout: disconnectMsMax, socketTimeout: 2 * answerMsMax,
    enableOfflineQueue: false, autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0, retryStrategy: () => pauseMs
  })
  let generation = 0
  let problem = 'no connection yet'
  redis.on('error', (error: Error) => { problem = error.message })
  redis.on('close', () => { generation++ })
  let connecting: Promise<unknown> | undefined
  const ready = (): Promise<unknown> => {
    if (redis.status === 'ready') return Promise.resolve()
    connecting ??= once(redis, 'ready', { signal: AbortSignal.timeout(connectMsMax) })
      .catch(() => { throw new Error(`Redis can't be reached: ${problem}`) })
      .finally(() => { connecting = undefined })
    return connecting
  }

  async function pipelined (script: Script, calls: readonly CallArgs[], withFacts: boolean): Promise<unknown[]> {
    await ready()
    const run = async (): Promise<[Error | null, unknown][]> => {
      const pipeline = redis.pipeline()
      for (const args of calls) pipeline.callBuffer('EVALSHA', script.sha, 0, ...args)
      if (withFacts) for (const section of ['server', 'stats', 'memory']) pipeline.call('INFO', section)
      return await pipeline.exec() ?? []
    }
    let answers = await bounded(run(), answerMsMax)
    if (answers.some(([error]) => error?.message.startsWith('NOSCRIPT'))) {
      await bounded(redis.call('SCRIPT', 'LOAD', script.text), answerMsMax)
      answers = await bounded(run(), answerMsMax)
    }
    return answers.map(([error, answer]) => {
      if (error !== null) throw error
      return answer
    })
  }

  return {
    get generation () { return generation },
    calls: (script, calls) => pipelined(script, calls, false),
    async callsWithFacts (script, calls) {
      const answers = await pipelined(script, calls, true)
      return { answers: answers.slice(0, calls.length), facts: factsIn(answers.slice(calls.length).join('\n')) }
    },
    async facts () {
      await ready()
      const sections = await bounded(Promise.all(['server', 'stats', 'memory'].map(section => redis.info(section))), answerMsMax)
      return factsIn(sections.join('\n'))
    },
    async hash (key) {
      await ready()
      return new Map(Object.entries(await bounded(redis.hgetall(key), answerMsMax)))
    },
    async close () {
      if (redis.status === 'end') return
      const ended = once(redis, 'end')
      redis.disconnect()
      await bounded(ended, disconnectMsMax * 2).catch(() => undefined)
    }
  }
}

function factsIn (info: string): RedisFacts {
  const field = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? ''
  const bytesMax = Number(field('maxmemory'))
  return { redisId: `${field('run_id')}/${field('evicted_keys')}`, usedBytes: Number(field('used_memory')), bytesMax: bytesMax > 0 ? bytesMax : Infinity }
}

/** What has come while this process was busy counts as in time: it is read before the time is up. */
async function bounded<T> (work: Promise<T>, boundMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const bound = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => setImmediate(() => reject(new Error(`Redis gave no answer in ${boundMs} ms`))), boundMs)
  })
  try {
    return await Promise.race([work, bound])
  } finally {
    clearTimeout(timer)
  }
}
