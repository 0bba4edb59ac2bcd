import { describe, expect, test } from '@jest/globals'
import type { Home } from './home.ts'
import { searchHomes } from './home-search.ts'

const home = (id: string, facts: Partial<Home> = {}): Home => ({
  id, name: `Home ${id}`, address: '1 Grove Street', area: 'Fremont', beds: 2, baths: 2, rentDollars: 2_500,
  petsAllowed: true, furnished: false, inUnitLaundry: true, phone: '510-555-0100', ...facts
})
const search = (inventory: Home[], slots: object, excludedIds: string[] = []) => {
  const { homes, matching, relaxed } = searchHomes(inventory, { slots, excludedIds }, 3)
  return { ids: homes.map(({ id }) => id), matching, relaxed }
}

describe('searching homes', () => {
  test('what fits comes cheapest first, and at most as many as asked for', () => {
    const inventory = [home('a', { rentDollars: 3_000 }), home('b'), home('c', { rentDollars: 2_000 }), home('d', { rentDollars: 2_700 }), home('e', { area: 'Oakland' })]
    expect(search(inventory, { area: 'fremont', beds: 2 })).toEqual({ ids: ['c', 'b', 'd'], matching: 4, relaxed: [] })
  })

  test('a wish that nothing fulfils is given up and said', () => {
    expect(search([home('a'), home('b', { rentDollars: 2_900 })], { area: 'Fremont', beds: 2, budgetMax: 2_000 })).toEqual({ ids: ['a', 'b'], matching: 2, relaxed: ['budget'] })
  })

  test('a wish given up on the way is not said when the home fulfils it after all', () => {
    const elsewhere = home('a', { area: 'Hayward', baths: 2 })
    expect(search([elsewhere], { area: 'Fremont', beds: 2, baths: 2 })).toEqual({ ids: ['a'], matching: 1, relaxed: ['area'] })
  })

  test('outside the town, near homes come before cheap ones', () => {
    expect(search([home('far', { area: 'Napa', rentDollars: 1_000 }), home('near', { area: 'Hayward' })], { area: 'Fremont', beds: 2 }).ids).toEqual(['near', 'far'])
  })

  test('the number of bedrooms is never given up', () => {
    expect(search([home('a')], { area: 'Fremont', beds: 4 })).toEqual({ ids: [], matching: 0, relaxed: [] })
  })

  test('an excluded home does not come back, even if nothing else is left', () => {
    expect(search([home('a'), home('b', { area: 'Napa' })], { area: 'Fremont', beds: 2 }, ['a', 'b']).ids).toEqual([])
  })

  test.each([
    [{ petsAllowed: true }, { petsAllowed: false }, 'pets'],
    [{ furnished: true }, { furnished: false }, 'furnished'],
    [{ furnished: false }, { furnished: true }, 'furnished'],
    [{ inUnitLaundry: true }, { inUnitLaundry: false }, 'laundry'],
    [{ budgetMin: 3_000 }, { rentDollars: 2_000 }, 'budget']
  ])('the wish %p is not met by %p', (wish, facts, said) => {
    expect(search([home('a', facts)], wish).relaxed).toEqual([said])
  })
})
