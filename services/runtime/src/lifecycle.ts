// The life of a process: start, run until told to end, drain, exit.
//
// Invariants:
//   Y1. The first SIGTERM or SIGINT drains once, within `drainMs`, and ends with code 0; a second one ends at once with 1.
//   Y2. A signal while it still starts aborts the start; what was started is drained, and the bound holds for both.
//   Y3. It lives until it is told to end, also when nothing else would keep Node running.
//   Y4. Whatever nobody caught ends the process with code 1 and a logged reason: a half-alive process is worse.
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

const longestTimerMs = 2 ** 31 - 1

export async function runProcess ({ name, logger, start, drainMs = 10_000 }: ProcessOptions): Promise<void> {
  const ending = new AbortController()
  let running: Running | undefined
  const fail = (error: unknown, what: string): never => {
    logger.fatal({ err: error }, what)
    process.exit(1)
  }
  const drain = async ({ drain }: Running) => {
    await drain().catch(error => fail(error, `${name} could not drain`))
    logger.info(`${name} has drained`)
    process.exit(0)
  }
  const onSignal = (signal: string) => {
    if (ending.signal.aborted) process.exit(1)
    logger.info({ signal }, `${name} is draining`)
    setTimeout(() => fail(undefined, `${name} took longer than ${drainMs} ms to drain`), drainMs).unref()
    ending.abort(new Error(`${name} was told to end by ${signal}`))
    if (running !== undefined) void drain(running)
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  process.on('unhandledRejection', error => fail(error, 'unhandled rejection'))
  process.on('uncaughtException', error => fail(error, 'uncaught exception'))
  setInterval(() => {}, longestTimerMs)
  try {
    running = await start({ signal: ending.signal })
  } catch (error) {
    if (!ending.signal.aborted) fail(error, `${name} could not start: ${(error as Error).message}`)
    logger.info({ err: error }, `${name} was told to end before it had started`)
    process.exit(0)
  }
  if (ending.signal.aborted) await drain(running)
}
