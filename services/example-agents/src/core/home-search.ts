// Which homes fit a person's wishes, best first.
//
// Invariants:
//   S1. Pure and stable: the same wishes and inventory give the same homes in the same order.
//   S2. Wishes are given up one after another, in the order of `relaxations`, only while nothing fits; what the homes found
//       then lack, and only that, is said.
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
  /** Wishes that the best one does not fulfil. */
  readonly relaxed: readonly Relaxation[]
}

export function searchHomes (inventory: readonly Home[], { slots, excludedIds }: HomeSearch, homesMax: number): HomesFound {
  const excluded = new Set(excludedIds)
  const candidates = inventory.filter(home => !excluded.has(home.id) && (slots.beds === undefined || home.beds === slots.beds))
  const wished = relaxations.filter(wish => isWished(wish, slots))
  for (let givenUp = 0; givenUp <= wished.length; givenUp += 1) {
    const kept = wished.slice(givenUp)
    const fitting = candidates.filter(home => kept.every(wish => fits(wish, home, slots)))
    if (fitting.length === 0) continue
    const homes = ranked(fitting, wished, slots)
    const best = homes[0]
    return { homes: homes.slice(0, homesMax), matching: fitting.length, relaxed: wished.filter(wish => best !== undefined && !fits(wish, best, slots)) }
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

/** Where the town was given up the near ones come first; then most wishes fulfilled, lowest rent, name. */
function ranked (homes: readonly Home[], wished: readonly Relaxation[], slots: LeadSlots): readonly Home[] {
  const farness = (home: Home) => slots.area === undefined || areaOf(home.area) === areaOf(slots.area) ? 0 : isNear(home.area, slots.area) ? 1 : 2
  const lacks = (home: Home) => wished.filter(wish => !fits(wish, home, slots)).length
  return [...homes].sort((a, b) => farness(a) - farness(b) || lacks(a) - lacks(b) || a.rentDollars - b.rentDollars || compare(a.name, b.name))
}

const compare = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0
