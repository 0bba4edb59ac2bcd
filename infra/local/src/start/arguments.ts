import { parseArgs } from 'node:util'

export interface StartOptionsGiven {
  readonly once: boolean
  readonly inputFile: string | undefined
  readonly concurrency: number
}

export type ParsedArguments =
  | { readonly type: 'help' }
  | { readonly type: 'wrong', readonly problem: string }
  | { readonly type: 'run', readonly options: StartOptionsGiven }

export const startHelp = `Usage: npm start -- [options]

Starts Kafka, the schema registry, PostgreSQL and Redis, the mesh and its example agents; holds a conversation
through them, prints its trace, and stays up until Ctrl-C (a second Ctrl-C stops at once).

Options:
  --once              end after the example: exit 0, or 1 with the reason
  --input FILE        hold these conversations instead: JSON lines such as
                      {"conversationId": "c1", "turns": ["I need a 2 bedroom flat in Fremont", "Under $2500"]}
  --concurrency N     conversations held at the same time, 1 to 64 (default 8)
  --help              this text

Environment: MESH_STACK=docker|host, MESH_HOME, DATABASE_URL, REDIS_URL, MESH_REGISTRY_PORT, MESH_GATEWAY_PORT.`

const concurrencyMax = 64

export function parseStartArguments (args: readonly string[]): ParsedArguments {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        once: { type: 'boolean', default: false },
        input: { type: 'string' },
        concurrency: { type: 'string', default: '8' },
        help: { type: 'boolean', short: 'h', default: false }
      }
    })
    if (values.help) return { type: 'help' }
    const concurrency = Number(values.concurrency)
    if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > concurrencyMax) {
      return { type: 'wrong', problem: `--concurrency takes a whole number from 1 to ${concurrencyMax}` }
    }
    return { type: 'run', options: { once: values.once, inputFile: values.input, concurrency } }
  } catch (error) {
    return { type: 'wrong', problem: (error as Error).message }
  }
}
