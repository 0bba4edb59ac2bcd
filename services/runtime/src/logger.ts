// JSON lines through pino; what a line may show is decided in `sanitizing.ts`.
import { type DestinationStream, type Logger, pino } from 'pino'
import { leftOutMark, leftOutNames, sanitized } from './sanitizing.ts'

export type { Logger }

export interface LoggerOptions {
  readonly name: string
  readonly level: string
}

/** Messages are the caller's own words and pass as they are: say what happened there, and put data into fields. */
export function createLogger ({ name, level }: LoggerOptions, destination?: DestinationStream): Logger {
  return pino({
    name,
    level,
    // For what child loggers carry: pino doesn't show that to the formatters.
    redact: { paths: [...leftOutNames], censor: leftOutMark },
    formatters: { level: label => ({ level: label }), bindings: sanitized, log: sanitized },
    // Errors were made plain already; pino's own serializer would call each of them an Object.
    serializers: { err: error => error },
    timestamp: pino.stdTimeFunctions.isoTime
  }, destination)
}
