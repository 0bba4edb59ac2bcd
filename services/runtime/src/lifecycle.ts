// The life of a process: start, run until told to end, drain, exit.
//
// Invariants:
//   Y1. The first SIGTERM or SIGINT drains once, within `drainMs`; a second one ends the process at once.
//   Y2. Whatever nobody caught ends the process with code 1 and a logged reason: a half-alive process is worse.
import type { Logger } from './logger.ts'

export interface Running {
  readonly drain: () => Promise<void>
}

export interface ProcessOptions {
  readonly name: string
  readonly logger: Logger
  readonly start: (context: { readonly signal: AbortSignal }) => Promise<Running>
  /** Longest drain before the process ends with code 1; 10,000 ms by default. */
  readonly drainMs?: number
}

export async function runProcess ({ name, logger, start, drainMs = 10_000 }: ProcessOptions): Promise<void> {
  const abort = new AbortController()
  let running: Running | undefined
  let signals = 0
  const fail = (error: unknown, what: string) => {
    logger.fatal({ err: error }, what)
    process.exit(1)
  }
  const drain = async () => {
    abort.abort()
    setTimeout(() => fail(undefined, `drain took longer than ${drainMs} ms`), drainMs).unref()
    await running?.drain()
    logger.info(`${name} has drained`)
    process.exit(0)
  }
  const onSignal = (signal: string) => {
    if (++signals > 1) process.exit(1)
    logger.info({ signal }, `${name} is draining`)
    // While it is still starting there is nothing to drain yet; the end of the start sees the abort.
    if (running !== undefined) drain().catch(error => fail(error, 'drain failed'))
    else abort.abort()
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  process.on('unhandledRejection', error => fail(error, 'unhandled rejection'))
  process.on('uncaughtException', error => fail(error, 'uncaught exception'))
  try {
    running = await start({ signal: abort.signal })
  } catch (error) {
    logger.fatal({ err: error }, `${name} could not start: ${(error as Error).message}`)
    process.exit(1)
  }
  if (abort.signal.aborted) await drain()
}
