// What homes cost in an area, from the homes that are known.
import type { Home } from './home.ts'
import { areaOf } from './places.ts'

export interface MarketSummary {
  readonly area: string | null
  readonly beds: number | null
  readonly homes: number
  readonly medianRentDollars: number | null
  readonly lowestRentDollars: number | null
  readonly highestRentDollars: number | null
}

export function summariseMarket (inventory: readonly Home[], wanted: { readonly area?: string, readonly beds?: number }): MarketSummary {
  const rents = inventory
    .filter(home => wanted.area === undefined || areaOf(home.area) === areaOf(wanted.area))
    .filter(home => wanted.beds === undefined || home.beds === wanted.beds)
    .map(home => home.rentDollars)
    .sort((a, b) => a - b)
  return {
    area: wanted.area ?? null,
    beds: wanted.beds ?? null,
    homes: rents.length,
    medianRentDollars: medianOf(rents),
    lowestRentDollars: rents[0] ?? null,
    highestRentDollars: rents.at(-1) ?? null
  }
}

/** Of ascending numbers; of an even count the mean of the middle two, in whole dollars. */
function medianOf (ascending: readonly number[]): number | null {
  const upper = ascending[Math.floor(ascending.length / 2)]
  const lower = ascending[Math.floor((ascending.length - 1) / 2)]
  return upper === undefined || lower === undefined ? null : Math.round((upper + lower) / 2)
}
