// Latencies of a run by class, as HdrHistograms of microseconds: three digits, up to ten minutes.
import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js'

const topUs = 600_000_000

export interface Percentiles { readonly p50: number, readonly p95: number, readonly p99: number, readonly p999: number, readonly max: number }

export class Latencies {
  readonly #byPriority: readonly Histogram[]

  constructor (encoded: readonly string[] = []) {
    this.#byPriority = [0, 1, 2, 3].map(priority => encoded[priority] === undefined ? empty() : decodeFromCompressedBase64(encoded[priority]))
  }

  record (priority: number, latencyMs: number): void {
    this.#byPriority[priority]!.recordValue(Math.min(topUs, Math.max(1, Math.round(latencyMs * 1_000))))
  }

  add (other: Latencies): void {
    for (const [priority, histogram] of this.#byPriority.entries()) histogram.add(other.#byPriority[priority]!)
  }

  encoded (): string[] { return this.#byPriority.map(histogram => encodeIntoCompressedBase64(histogram)) }

  get count (): number { return this.#byPriority.reduce((sum, { totalCount }) => sum + totalCount, 0) }

  all (): Percentiles | undefined {
    const sum = empty()
    for (const histogram of this.#byPriority) sum.add(histogram)
    return percentilesOf(sum)
  }

  /** Undefined for classes of which there were none. */
  ofPriority (priority: number): Percentiles | undefined { return percentilesOf(this.#byPriority[priority]!) }
  countOf (priority: number): number { return this.#byPriority[priority]!.totalCount }
}

function empty (): Histogram {
  return build({ lowestDiscernibleValue: 1, highestTrackableValue: topUs, numberOfSignificantValueDigits: 3, bitBucketSize: 64 })
}

function percentilesOf (histogram: Histogram): Percentiles | undefined {
  if (histogram.totalCount === 0) return undefined
  const at = (percentile: number) => Math.round(histogram.getValueAtPercentile(percentile) / 10) / 100
  return { p50: at(50), p95: at(95), p99: at(99), p999: at(99.9), max: Math.round(histogram.maxValue / 10) / 100 }
}
