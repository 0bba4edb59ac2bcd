// Starts a crashed consumer again, and lets a stopped one rest.
//
// kafkajs restarts a crashed consumer only for errors that it calls retriable; a broker that restarts gives others too
// ("failed to find group coordinator"), and then the consumer is silent for ever. And one that is disconnected while it
// joins, or between a crash and its restart, goes on afterwards: it joins, fetches, and nobody can reach it any more.
//
// Invariants:
//   C1. Until it is stopped, a consumer that crashed is run again, after pauses that grow from `firstMs` to `mostMs`.
//   C2. A join that ends after the consumer was disconnected is made to fail, so that nothing consumes unseen.
import type { Consumer } from 'kafkajs'
import { backoffMs } from './backoff.ts'
import { CodedError, type RuntimeErrorCode } from './errors.ts'
import type { Logger } from './logger.ts'
import { within } from './within.ts'

const restart = { firstMs: 100, mostMs: 5_000 }
const stopMsMax = 2_000

/** For `kafka.consumer({ retry })`, so that kafkajs leaves all restarts to `runAndComeBack`; `retries` is its own default. */
export const noOwnRestart = { retries: 5, restartOnFailure: async () => false }

/**
 * Runs the consumer now, and again after each crash from which kafkajs itself doesn't return, until told to stop.
 * Stop it before disconnecting. Waiting for that is optional: it lets a join that is under way end, for 2,000 ms at most,
 * so that the member can leave its group in good order.
 *
 * @example
 * const consumer = kafka.consumer({ groupId, retry: noOwnRestart })
 * const stop = await runAndComeBack(consumer, () => consumer.run({ eachBatch }), logger)
 * await stop()
 * await consumer.disconnect()
 */
export async function runAndComeBack (consumer: Consumer, run: () => Promise<void>, logger: Pick<Logger, 'warn'>): Promise<() => PromiseLike<void>> {
  let crashes = 0
  let stopped = false
  /** It was disconnected and not run again since. */
  let halted = false
  let timer: NodeJS.Timeout | undefined
  let attempt = Promise.resolve()

  const again = async () => {
    try {
      await consumer.connect()
      // Whoever stopped it has disconnected it meanwhile.
      if (stopped) return await consumer.disconnect()
      halted = false
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
    timer = setTimeout(() => { attempt = again() }, backoffMs(crashes, restart, Math.random()))
  }
  consumer.on(consumer.events.STOP, () => { halted = true })
  consumer.on(consumer.events.GROUP_JOIN, () => {
    crashes = 0
    // Thrown here, before any await, it fails the join itself.
    if (halted) throw new CodedError<RuntimeErrorCode>('CLOSED', 'the consumer was disconnected while it joined')
  })
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (stopped) return
    halted = !payload.restart
    logger.warn({ err: payload.error, restarts: payload.restart }, 'a consumer crashed')
    if (!payload.restart) later()
  })
  await run()
  return async () => {
    stopped = true
    clearTimeout(timer)
    await within(stopMsMax, attempt)
  }
}
