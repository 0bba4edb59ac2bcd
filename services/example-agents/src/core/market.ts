// What homes cost in an area, from the homes that are known.
//
// Invariants:
//   M1. The area is widened, from town to region to the whole bay, until there are homes enough to compare with; how far is said.
import type { Home } from './home.ts'
import { areaOf, isNear } from './places.ts'

export const marketScopes = ['town', 'region', 'bay'] as const
export type MarketScope = typeof marketScopes[number]

export interface MarketSummary {
  /** As asked for; the homes may be from around it (scope). */
  readonly area: string | null
  readonly beds: number | null
  readonly scope: MarketScope
  readonly homes: number
  readonly medianRentDollars: number | null
  readonly lowestRentDollars: number | null
  readonly highestRentDollars: number | null
}

export interface MarketQuestion {
  readonly area?: string
  readonly beds?: number
}

/** A median of fewer says nothing. */
const homesMin = 3

export function summariseMarket (inventory: readonly Home[], { area, beds }: MarketQuestion): MarketSummary {
  const comparable = inventory.filter(home => beds === undefined || home.beds === beds)
  const asked = area === undefined ? [] : [
    { scope: 'town', homes: comparable.filter(home => areaOf(home.area) === areaOf(area)) },
    { scope: 'region', homes: comparable.filter(home => areaOf(home.area) === areaOf(area) || isNear(home.area, area)) }
  ] as const
  const { scope, homes } = asked.find(({ homes }) => homes.length >= homesMin) ?? { scope: 'bay', homes: comparable } as const
  const rents = homes.map(({ rentDollars }) => rentDollars).sort((a, b) => a - b)
  return {
    area: area ?? null, beds: beds ?? null, scope, homes: rents.length,
    medianRentDollars: medianOf(rents), lowestRentDollars: rents[0] ?? null, highestRentDollars: rents.at(-1) ?? null
  }
}

/** Of ascending numbers; of an even count the mean of the middle two, in whole dollars. */
function medianOf (ascending: readonly number[]): number | null {
  const upper = ascending[Math.floor(ascending.length / 2)]
  const lower = ascending[Math.floor((ascending.length - 1) / 2)]
  return upper === undefined || lower === undefined ? null : Math.round((upper + lower) / 2)
}
