// What a home may sell for, from what comparable homes rent for.
import type { MarketSummary } from './market.ts'

export interface Appraisal {
  readonly estimateDollars: number | null
  readonly lowDollars: number | null
  readonly highDollars: number | null
  readonly comparableHomes: number
}

/** A year's rent as a share of the price, usual around the bay. */
const grossYield = 0.045
const monthsPerYear = 12
const roundedToDollars = 5_000
/** With many comparables the range is narrow, with one it is wide. */
const spreadMin = 0.06
const spreadMax = 0.2

export function appraise (market: MarketSummary): Appraisal {
  if (market.medianRentDollars === null) return { estimateDollars: null, lowDollars: null, highDollars: null, comparableHomes: 0 }
  const price = market.medianRentDollars * monthsPerYear / grossYield
  const spread = Math.max(spreadMin, spreadMax / Math.sqrt(market.homes))
  return {
    estimateDollars: rounded(price),
    lowDollars: rounded(price * (1 - spread)),
    highDollars: rounded(price * (1 + spread)),
    comparableHomes: market.homes
  }
}

const rounded = (dollars: number): number => Math.round(dollars / roundedToDollars) * roundedToDollars
