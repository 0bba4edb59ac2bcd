// Finds the highest rate that a ground sustains, by offering it rates until one is known to hold.
import { afterRun, nextRate, searchBegins } from '../core/search.ts'
import { faultsOf, type Measured } from '../core/measured.ts'
import type { Workload } from '../core/workload.ts'
import { type Ground, offer, type Offer } from './ground.ts'

/** Of what was offered, how much has to be through when the time is over. */
const keepsUp = 0.98
/** After the first run the engines are warm; what is left is to fill the pipes. */
const laterWarmupSeconds = 3
const holdTriesMax = 4
const holdStep = 0.93

export async function highestRate (ground: Ground, search: NonNullable<Workload['search']>, options: Offer): Promise<Measured> {
  const holds = ({ latencyMs, deliveredPerS, offeredPerS, ...rest }: Measured): boolean =>
    latencyMs !== undefined && latencyMs.p99 < search.p99MsMax && deliveredPerS >= keepsUp * offeredPerS && faultsOf(rest, undefined).length === 0
  const at = (perS: number, seconds: number, warmupSeconds: number, phase: string): Promise<Measured> =>
    offer(ground, { ...options, perS, seconds, warmupSeconds, onProgress: line => options.onProgress(`${phase} ${Math.round(perS)}/s: ${line}`) })
  let state = searchBegins
  for (let perS = nextRate(state, options.perS); perS !== undefined; perS = nextRate(state, options.perS)) {
    state = afterRun(state, perS, holds(await at(perS, options.seconds, state.runs === 0 ? options.warmupSeconds : laterWarmupSeconds, 'tries')))
  }
  if (state.heldPerS === undefined) throw new Error(`no rate was sustained with a p99 below ${search.p99MsMax} ms`)
  let measured: Measured | undefined
  for (let [perS, tries] = [state.heldPerS, 0]; tries < holdTriesMax; perS *= holdStep, tries++) {
    measured = await at(perS, search.holdSeconds, laterWarmupSeconds, 'holds')
    if (holds(measured)) return measured
  }
  throw new Error(`what was sustained for ${options.seconds} s was not for ${search.holdSeconds}: the machine is busy with something else`)
}
