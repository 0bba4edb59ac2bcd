import { expect, test } from '@jest/globals'
import { appraise } from './appraisal.ts'
import type { Home } from './home.ts'
import { summariseMarket } from './market.ts'

const home = (area: string, beds: number, rentDollars: number): Home => ({
  id: `${area}-${rentDollars}`, name: 'Home', address: '1 Grove Street', area, beds, baths: 1, rentDollars, petsAllowed: true, furnished: false, inUnitLaundry: true, phone: '1'
})
const inventory = [home('Fremont', 2, 2_000), home('Fremont', 2, 2_400), home('Fremont', 2, 3_100), home('Hayward', 3, 2_800), home('Newark', 3, 3_000), home('Oakland', 3, 3_300), home('Napa', 3, 9_000)]

test('the median, lowest and highest rent of a town', () => {
  expect(summariseMarket(inventory, { area: 'fremont', beds: 2 })).toEqual({
    area: 'fremont', beds: 2, scope: 'town', homes: 3, medianRentDollars: 2_400, lowestRentDollars: 2_000, highestRentDollars: 3_100
  })
})

test('with too few homes in the town, those around it count', () => {
  expect(summariseMarket(inventory, { area: 'Hayward', beds: 3 })).toMatchObject({ scope: 'region', homes: 3, medianRentDollars: 3_000 })
})

test('an unknown place is compared with the whole bay; of an even count the middle two are averaged', () => {
  expect(summariseMarket(inventory, { area: 'Seattle', beds: 3 })).toMatchObject({ scope: 'bay', homes: 4, medianRentDollars: 3_150 })
})

test('no home at all gives no figures', () => {
  expect(summariseMarket(inventory, { beds: 9 })).toMatchObject({ homes: 0, medianRentDollars: null, lowestRentDollars: null, highestRentDollars: null })
  expect(appraise(summariseMarket(inventory, { beds: 9 }))).toEqual({ estimateDollars: null, lowDollars: null, highDollars: null, comparableHomes: 0 })
})

test('a home is worth what its rent yields, in a range that narrows with the number of comparable homes', () => {
  const market = summariseMarket(inventory, { area: 'Fremont', beds: 2 })
  const { estimateDollars, lowDollars, highDollars } = appraise(market)
  expect(estimateDollars).toBe(640_000)
  const range = (homes: number) => {
    const { lowDollars: low, highDollars: high } = appraise({ ...market, homes })
    return high! - low!
  }
  expect(lowDollars! < estimateDollars! && estimateDollars! < highDollars!).toBe(true)
  expect(range(100)).toBeLessThan(range(3))
})
