// JSON lines through pino. Payload-like fields never pass: they are cut out by name, and long strings are cut short.
import { type Logger, pino } from 'pino'

export type { Logger }

const redacted = ['payload', 'body', 'value', 'text', 'input', 'output', 'password', 'privateKey', 'secret']
  .flatMap(field => [field, `*.${field}`])

const stringCharsMax = 2_000

export function createLogger (options: { readonly name: string, readonly level: string }): Logger {
  return pino({
    name: options.name,
    level: options.level,
    redact: { paths: redacted, censor: '[left out]' },
    formatters: {
      level: label => ({ level: label }),
      log: fields => Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' && value.length > stringCharsMax ? `${value.slice(0, stringCharsMax)}…` : value]))
    },
    timestamp: pino.stdTimeFunctions.isoTime
  })
}
