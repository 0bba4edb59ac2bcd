// Which homes fit a person's wishes, best first.
//
// Invariants:
//   S1. Pure and stable: the same wishes and inventory give the same homes in the same order.
//   S2. Wishes are given up one after another, in the order of `relaxations`, only while nothing fits; what was given up is said.
//   S3. A home that was excluded never comes back, however much is given up.
import type { Home } from './home.ts'
import { areaOf, isNear } from './places.ts'
import type { LeadSlots } from './understanding/index.ts'

/** Given up in this order. The number of beds is not among them: people who need three rooms don't move into one. */
export const relaxations = ['laundry', 'furnished', 'baths', 'budget', 'area', 'pets'] as const
export type Relaxation = typeof relaxations[number]

export interface HomeSearch {
  readonly slots: LeadSlots
  readonly excludedIds: readonly string[]
}

export interface HomesFound {
  readonly homes: readonly Home[]
  /** All that fit, of which `homes` are the best. */
  readonly matching: number
  readonly relaxed: readonly Relaxation[]
}

export function searchHomes (inventory: readonly Home[], { slots, excludedIds }: HomeSearch, homesMax: number): HomesFound {
  const excluded = new Set(excludedIds)
  const candidates = inventory.filter(home => !excluded.has(home.id) && (slots.beds === undefined || home.beds === slots.beds))
  const wished = relaxations.filter(wish => isWished(wish, slots))
  for (let givenUp = 0; givenUp <= wished.length; givenUp += 1) {
    const relaxed = wished.slice(0, givenUp)
    const kept = wished.slice(givenUp)
    // "Elsewhere" means nearby first: a home at the other end of the bay is no help.
    for (const near of relaxed.includes('area') ? [true, false] : [false]) {
      const fitting = candidates.filter(home => kept.every(wish => fits(wish, home, slots)) && (!near || isNear(home.area, slots.area)))
      if (fitting.length > 0) return { homes: ranked(fitting, slots).slice(0, homesMax), matching: fitting.length, relaxed }
    }
  }
  return { homes: [], matching: 0, relaxed: [] }
}

function isWished (wish: Relaxation, slots: LeadSlots): boolean {
  switch (wish) {
    case 'laundry': return slots.inUnitLaundry === true
    case 'furnished': return slots.furnished !== undefined
    case 'baths': return slots.baths !== undefined
    case 'budget': return slots.budgetMax !== undefined || slots.budgetMin !== undefined
    case 'area': return slots.area !== undefined
    case 'pets': return slots.petsAllowed === true
  }
}

function fits (wish: Relaxation, home: Home, slots: LeadSlots): boolean {
  switch (wish) {
    case 'laundry': return home.inUnitLaundry
    case 'furnished': return home.furnished === slots.furnished
    case 'baths': return home.baths === slots.baths
    case 'budget': return home.rentDollars <= (slots.budgetMax ?? Infinity) && home.rentDollars >= (slots.budgetMin ?? 0)
    case 'area': return areaOf(home.area) === areaOf(slots.area)
    case 'pets': return home.petsAllowed
  }
}

/** Fewest surplus bathrooms, then lowest rent, then name. */
function ranked (homes: readonly Home[], slots: LeadSlots): readonly Home[] {
  const distance = (home: Home) => slots.baths === undefined ? 0 : Math.abs(home.baths - slots.baths)
  return [...homes].sort((a, b) => distance(a) - distance(b) || a.rentDollars - b.rentDollars || compare(a.name, b.name))
}

const compare = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0
