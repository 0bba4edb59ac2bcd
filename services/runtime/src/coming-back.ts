// kafkajs restarts a crashed consumer only for errors that it calls retriable; a broker that restarts gives others too
// ("failed to find group coordinator"), and then the consumer is silent for ever. Here it comes back.
import type { Consumer } from 'kafkajs'
import { backoffMs } from './backoff.ts'
import type { Logger } from './logger.ts'

const restart = { firstMs: 100, mostMs: 5_000 }

/**
 * Runs the consumer now, and again after each crash from which kafkajs itself doesn't return, until told to stop.
 *
 * @example const stop = await runAndComeBack(consumer, () => consumer.run({ eachBatch }), logger)
 */
export async function runAndComeBack (consumer: Consumer, run: () => Promise<void>, logger: Pick<Logger, 'warn'>): Promise<() => void> {
  let crashes = 0
  let stopped = false
  let timer: NodeJS.Timeout | undefined

  const again = async () => {
    try {
      await consumer.connect()
      // Whoever told it to stop has disconnected it meanwhile.
      if (stopped) return await consumer.disconnect()
      await run()
    } catch (error) {
      if (stopped) return
      logger.warn({ err: error }, 'a consumer could not be started again')
      later()
    }
  }
  const later = () => {
    if (stopped) return
    crashes++
    timer = setTimeout(() => { void again() }, backoffMs(crashes, restart, Math.random()))
  }
  consumer.on(consumer.events.GROUP_JOIN, () => { crashes = 0 })
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (stopped) return
    logger.warn({ err: payload.error, restarts: payload.restart }, 'a consumer crashed')
    if (!payload.restart) later()
  })
  await run()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
