// Homes, what is known of their market, and what is suggested out of them.
import { z } from 'zod'
import type { Home } from '../core/home.ts'
import { relaxations } from '../core/home-search.ts'
import { marketScopes } from '../core/market.ts'
import { leadSlots } from './lead.ts'

const line = z.string().min(1).max(200)
const dollars = z.int().min(0)

export const home = z.object({
  id: z.string().min(1).max(40),
  name: line,
  address: line,
  area: line,
  beds: z.int().min(0).max(20),
  baths: z.int().min(1).max(20),
  rentDollars: dollars,
  petsAllowed: z.boolean(),
  furnished: z.boolean(),
  inUnitLaundry: z.boolean(),
  phone: line
}) satisfies z.ZodType<Home>

export const homeIdsMax = 50
export const homesSuggestedMax = 3

/** Rents in an area and, as far as `scope` says, around it; medians are null where no home is known. */
export const marketSummary = z.object({
  area: line.nullable(),
  beds: z.int().nullable(),
  scope: z.enum(marketScopes),
  homes: z.int().min(0),
  medianRentDollars: dollars.nullable(),
  lowestRentDollars: dollars.nullable(),
  highestRentDollars: dollars.nullable()
})

export const marketSummaryContract = {
  input: z.object({ area: line.exactOptional(), beds: z.int().min(0).max(99).exactOptional() }),
  output: marketSummary
}

export const suggestHomesContract = {
  input: z.object({ slots: leadSlots, excludedIds: z.array(z.string().max(40)).max(homeIdsMax) }),
  output: z.object({
    homes: z.array(home).max(homesSuggestedMax),
    /** All that fit, of which `homes` are the best. */
    matching: z.int().min(0),
    /** Wishes that were given up so that there is something to suggest. */
    relaxed: z.array(z.enum(relaxations)).max(relaxations.length),
    /** Null when the market could not be asked. */
    market: marketSummary.nullable()
  })
}

export const appraisal = z.object({
  /** Null when no comparable home is known. */
  estimateDollars: dollars.nullable(),
  lowDollars: dollars.nullable(),
  highDollars: dollars.nullable(),
  comparableHomes: z.int().min(0)
})

export const appraiseHomeContract = { input: z.object({ slots: leadSlots }), output: appraisal }
