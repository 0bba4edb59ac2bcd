// Alerts, posted to whoever the operators named: a consumer group on mesh.alerts, so that the topic is the queue.
//
// Invariants:
//   P1. Each alert is posted at least once, in order, whichever governor dies: its offset is committed after the post.
//   P2. A post that fails is tried again with growing pauses, until the alert is `alertAgeMsMax` old; one that is refused for
//       what it is (4xx) `refusalsMax` times. Then it is given up, told in the log and counted, and the next has its turn.
//   P3. Nothing of it touches the circuits: its consumer, its loop and its failures are its own.
//   P4. The signature covers the time and the body, so that neither can be changed, nor an old post be shown again as new.
import { createHmac } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { backoffMs, type Logger, noOwnRestart, runAndComeBack } from '@mesh/runtime'
import type { Alert, Codec } from '@mesh/schemas'
import type { Kafka } from 'kafkajs'

export interface WebhookOptions {
  readonly kafka: Kafka
  readonly groupId: string
  readonly topic: string
  readonly codec: Codec
  readonly url: string
  readonly key: string
  readonly logger: Logger
  onPost (result: 'sent' | 'failed' | 'given_up'): void
}

export interface Webhook { close (): Promise<void> }

export const timestampHeader = 'x-mesh-timestamp'
export const signatureHeader = 'x-mesh-signature'

const sessionMs = 30_000
const postMsMax = 5_000
const alertAgeMsMax = 60 * 60 * 1_000
const refusalsMax = 5
const backoff = { firstMs: 250, mostMs: 15_000 }
const heartbeatMs = 3_000

/** HMAC-SHA256 of the timestamp, a dot and the body. */
export const signatureOf = (key: string, timestamp: string, body: string): string =>
  `sha256=${createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex')}`

export async function startWebhook (options: WebhookOptions): Promise<Webhook> {
  const { kafka, groupId, topic, codec, logger } = options
  const closing = new AbortController()
  const consumer = kafka.consumer({
    groupId, sessionTimeout: sessionMs, rebalanceTimeout: sessionMs, maxWaitTimeInMs: 500, allowAutoTopicCreation: false, retry: noOwnRestart
  })
  await consumer.connect()
  // A new webhook is told what is recent enough, too.
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const stop = await runAndComeBack(consumer, () => consumer.run({
    autoCommitThreshold: 1,
    eachMessage: async ({ message: { value, offset }, heartbeat }) => {
      if (value === null) return
      let alert: Alert
      try {
        alert = codec.decode('Alert', value)
      } catch (error) {
        return logger.warn({ topic, offset, reason: (error as Error).message }, 'record is no Alert; passed over')
      }
      await post(alert, options, heartbeat, closing.signal)
    }
  }), logger)
  return {
    async close () {
      closing.abort(new Error('the webhook is closed'))
      await stop()
      await consumer.disconnect()
    }
  }
}

async function post (alert: Alert, options: WebhookOptions, heartbeat: () => Promise<void>, signal: AbortSignal): Promise<void> {
  const { logger, onPost } = options
  for (let attempt = 1, refusals = 0; Date.now() - alert.atMs <= alertAgeMsMax; attempt++) {
    const status = await attemptPost(alert, options, signal)
    // Not committed, so that the next owner posts it.
    signal.throwIfAborted()
    if (status >= 200 && status < 300) return onPost('sent')
    onPost('failed')
    if (isRefusal(status) && ++refusals >= refusalsMax) break
    logger.warn({ alertId: alert.alertId, status, attempt }, 'an alert could not be posted; tried again')
    await pauseAlive(backoffMs(attempt, backoff, Math.random()), heartbeat, signal)
  }
  onPost('given_up')
  logger.error({ alertId: alert.alertId }, 'an alert is not posted any more; it stays in its topic')
}

/** The answer's status; 0 for none. */
async function attemptPost (alert: Alert, { url, key, logger }: WebhookOptions, signal: AbortSignal): Promise<number> {
  const body = JSON.stringify(alert)
  const timestamp = String(Date.now())
  try {
    const response = await fetch(url, {
      method: 'POST', body, redirect: 'manual', signal: AbortSignal.any([signal, AbortSignal.timeout(postMsMax)]),
      headers: { 'content-type': 'application/json', [timestampHeader]: timestamp, [signatureHeader]: signatureOf(key, timestamp, body) }
    })
    await response.body?.cancel()
    return response.status
  } catch (error) {
    logger.debug({ err: error }, 'a post got no answer')
    return 0
  }
}

const isRefusal = (status: number): boolean => status >= 400 && status < 500 && status !== 408 && status !== 425 && status !== 429

async function pauseAlive (ms: number, heartbeat: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let leftMs = ms; leftMs > 0; leftMs -= heartbeatMs) {
    await pause(Math.min(leftMs, heartbeatMs), undefined, { signal })
    // Fails when the group rebalances: whoever has the partition then posts it.
    await heartbeat()
  }
}
