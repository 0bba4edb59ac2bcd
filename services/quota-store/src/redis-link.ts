// The one connection to Redis: an answer within its bound or a failure, and after a failure a pause.
//
// Invariants:
//   R1. No call takes longer than `answerMsMax`, nothing waits for a connection, and nothing is sent twice.
//   R2. After a failure `problem` says so until the probe, which writes, has succeeded; it is made once in `pauseMs`. Nobody's
//       round waits for a Redis that is known to be away.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import type { Logger } from '@mesh/runtime'

export interface Script {
  readonly text: string
  readonly sha: string
}

export interface RedisLinkOptions {
  readonly redisUrl: string
  /** Something that writes, to see whether that can be done. */
  readonly probe: { readonly script: Script, readonly keys: readonly string[], readonly args: readonly (string | number)[] }
  readonly logger: Logger
}

const answerMsMax = 100
const pauseMs = 1_000
const connectMsMax = 1_000
const disconnectMsMax = 500
const logged = { namespace: 'quota-store' }

export function loadScript (name: string): Script {
  const text = readFileSync(new URL(name, import.meta.url), 'utf8')
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

export class RedisLink {
  readonly #redis: Redis
  readonly #probeCall: RedisLinkOptions['probe']
  readonly #logger: Logger
  #problem: string | undefined = 'not connected yet'
  #probeTimer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor ({ redisUrl, probe, logger }: RedisLinkOptions) {
    this.#probeCall = probe
    this.#logger = logger.child(logged)
    this.#redis = new Redis(redisUrl, {
      lazyConnect: true, connectTimeout: connectMsMax, disconnectTimeout: disconnectMsMax, socketTimeout: pauseMs,
      enableOfflineQueue: false, autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0, retryStrategy: () => pauseMs
    })
    this.#redis.on('error', (error: Error) => this.failed(error.message))
    this.#redis.on('close', () => this.failed('the connection is closed'))
    this.#redis.on('ready', () => { void this.#probe() })
  }

  get problem (): string | undefined { return this.#problem }

  /** Waits for the first connection, but not for long. */
  async start (): Promise<void> {
    await bounded(this.#redis.connect().then(() => this.#probe()), connectMsMax).catch((error: Error) => this.failed(error.message))
  }

  /** Loads the script where Redis doesn't have it. The answer as bytes. */
  async run (script: Script, keys: readonly string[], args: readonly (string | Buffer | number)[]): Promise<unknown> {
    const rest = [keys.length, ...keys, ...args]
    const answer = this.#redis.callBuffer('EVALSHA', script.sha, ...rest).catch((error: Error) => {
      if (!error.message.startsWith('NOSCRIPT')) throw error
      return this.#redis.callBuffer('EVAL', script.text, ...rest)
    })
    return bounded(answer, answerMsMax)
  }

  failed (message: string): void {
    if (this.#isClosed) return
    if (this.#problem === undefined) this.#logger.warn({ problem: message }, 'quotas are counted locally: no shared count')
    this.#problem = message
    this.#probeTimer ??= setTimeout(() => {
      this.#probeTimer = undefined
      void this.#probe()
    }, pauseMs)
  }

  async close (): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#probeTimer)
    if (this.#redis.status === 'end') return
    const ended = once(this.#redis, 'end')
    this.#redis.disconnect()
    await bounded(ended, disconnectMsMax * 2).catch(() => {})
  }

  async #probe (): Promise<void> {
    const { script, keys, args } = this.#probeCall
    try {
      await this.run(script, keys, args)
    } catch (error) {
      return this.failed((error as Error).message)
    }
    clearTimeout(this.#probeTimer)
    this.#probeTimer = undefined
    if (this.#problem !== undefined) this.#logger.info({ was: this.#problem }, 'quotas are counted together')
    this.#problem = undefined
  }
}

/** An answer that has come while this process was busy counts as in time: what has arrived is read before the time is up. */
async function bounded<T> (work: Promise<T>, boundMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const bound = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => setImmediate(() => reject(new Error(`no answer in ${boundMs} ms`))), boundMs)
  })
  try {
    return await Promise.race([work, bound])
  } finally {
    clearTimeout(timer)
  }
}
