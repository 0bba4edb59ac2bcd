import { expect, test } from '@jest/globals'
import { areaOf } from './core/places.ts'
import { readInventory } from './inventory.ts'

test('the inventory is whole: each home has its own id and name, and there are some in the towns people ask for', () => {
  const homes = readInventory()
  expect(homes.length).toBeGreaterThanOrEqual(40)
  expect(new Set(homes.map(({ name }) => name)).size).toBe(homes.length)
  const areas = new Set(homes.map(({ area }) => areaOf(area)))
  for (const area of ['fremont', 'san jose', 'oakland']) expect(areas).toContain(area)
})
