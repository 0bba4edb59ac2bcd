// When each dispatch is meant to leave, in milliseconds from the beginning of the run, in order.
import { randomFrom } from './random.ts'

export interface Span { readonly perS: number, readonly seconds: number }

/** One every 1/perS. */
export function constantArrivals ({ perS, seconds }: Span): Float64Array {
  return Float64Array.from({ length: Math.round(perS * seconds) }, (_, n) => n / perS * 1_000)
}

/** Independent of each other: gaps are exponential. As many as come, so their number varies by its square root. */
export function poissonArrivals ({ perS, seconds }: Span, seed: number): Float64Array {
  const random = randomFrom(seed)
  const times: number[] = []
  for (let atMs = gap(); atMs < seconds * 1_000; atMs += gap()) times.push(atMs)
  return Float64Array.from(times)

  function gap (): number { return -Math.log(1 - random()) / perS * 1_000 }
}

/**
 * The times of a recorded trace, scaled so that their mean rate is `perS`: bursts and lulls keep their shape. A trace that is
 * too short begins again.
 */
export function traceArrivals (recordedMs: ArrayLike<number>, { perS, seconds }: Span): Float64Array {
  const count = recordedMs.length
  if (count < 2) throw new Error('a trace needs two times at least')
  const spanMs = (recordedMs[count - 1]! - recordedMs[0]!) * count / (count - 1)
  const scale = count / perS * 1_000 / spanMs
  const times: number[] = []
  for (let n = 0; ; n++) {
    const atMs = (Math.floor(n / count) * spanMs + recordedMs[n % count]! - recordedMs[0]!) * scale
    if (atMs >= seconds * 1_000) return Float64Array.from(times)
    times.push(atMs)
  }
}

/** The first column of a CSV with a header, as milliseconds; in the order of time. */
export function recordedTimes (csv: string): Float64Array {
  const lines = csv.split('\n').slice(1).filter(line => line.trim() !== '')
  const times = lines.map((line, at) => {
    const atMs = Date.parse(line.split(',')[0]!.trim().replace(' ', 'T').replace(/(\.\d{3})\d*$/, '$1') + 'Z')
    if (Number.isNaN(atMs)) throw new Error(`line ${at + 2} of the trace does not begin with a time`)
    return atMs
  })
  return Float64Array.from(times).sort()
}
