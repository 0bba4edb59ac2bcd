// What `npm run torture` is told.
import { parseArgs } from 'node:util'

export interface TortureArguments {
  readonly minutes: number
  readonly seed: number
  readonly coordinators: number
  readonly json: boolean
}

export const help = `Usage: npm run torture -- [--minutes 2] [--seed N] [--coordinators 3] [--json]

Starts a mesh of its own on free ports, loads it, and for so many minutes kills, stops and starves its processes and its
stack by a plan that follows from the seed. Then a checker that shares no code with the mesh reads the topics and the
archive and says what broke, with the smallest history that shows it.

  --minutes       of load and faults, 0.1 to 600; the run ends within three minutes more
  --seed          a whole number; the same seed gives the same load and the same plan; a new one if left out
  --coordinators  1 to 5
  --json          the result as JSON on standard output; what is for people goes to standard error

The last line is "torture: ok" (exit code 0) or what broke (1). Logs and stories of what broke are kept; the output says where.`

/** A sentence where something is wrong. */
export function argumentsFrom (args: readonly string[], randomSeed: number): TortureArguments | 'help' | { readonly problem: string } {
  const options = {
    minutes: { type: 'string', default: '2' }, seed: { type: 'string', default: String(randomSeed) }, coordinators: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false }
  } as const
  try {
    const { values } = parseArgs({ args: [...args], options })
    if (values.help) return 'help'
    const [minutes, seed, coordinators] = [Number(values.minutes), Number(values.seed), Number(values.coordinators)]
    if (!(minutes >= 0.1 && minutes <= 600)) return { problem: '--minutes takes a number from 0.1 to 600' }
    if (!Number.isSafeInteger(seed) || seed < 0) return { problem: '--seed takes a whole number from 0' }
    if (!Number.isInteger(coordinators) || coordinators < 1 || coordinators > 5) return { problem: '--coordinators takes a whole number from 1 to 5' }
    return { minutes, seed, coordinators, json: values.json }
  } catch (error) {
    return { problem: (error as Error).message }
  }
}
