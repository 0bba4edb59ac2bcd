// The times of a run: the workload's arrivals, and those of the stream beside, in one order.
import { readFileSync } from 'node:fs'
import { constantArrivals, poissonArrivals, recordedTimes, traceArrivals } from '../core/arrivals.ts'
import type { Timetable } from './driver.ts'
import type { RunOrder } from './orders.ts'

export function timetableOf ({ workload: { arrivals }, arrivalsPerS, besidePerS, warmupSeconds, seconds, seed, trace }: RunOrder): Timetable {
  const span = { perS: arrivalsPerS, seconds: warmupSeconds + seconds }
  const main = arrivals.process === 'trace' ? traceArrivals(recordedTimes(readFileSync(trace!, 'utf8')), span)
    : arrivals.process === 'poisson' ? poissonArrivals(span, seed) : constantArrivals(span)
  return merged(main, besidePerS > 0 ? poissonArrivals({ ...span, perS: besidePerS }, seed + 1) : new Float64Array())
}

function merged (main: Float64Array, beside: Float64Array): Timetable {
  const atMs = new Float64Array(main.length + beside.length)
  const isBeside = new Uint8Array(atMs.length)
  for (let [at, m, b] = [0, 0, 0]; at < atMs.length; at++) {
    const takesBeside = m === main.length || (b < beside.length && beside[b]! < main[m]!)
    isBeside[at] = takesBeside ? 1 : 0
    atMs[at] = takesBeside ? beside[b++]! : main[m++]!
  }
  return { atMs, isBeside }
}
