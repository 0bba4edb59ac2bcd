import { expect, test } from '@jest/globals'
import { createQueryPlaces } from './query-places.ts'

test('as many searches run as there are places, half of them one caller\'s at most', () => {
  const places = createQueryPlaces({ searchesMax: 4, exportsMax: 1 })
  const ada = [places.take('search', 'ada'), places.take('search', 'ada')]
  expect(places.take('search', 'ada')).toBeUndefined()
  expect([places.take('search', 'grace'), places.take('search', 'grace')]).not.toContain(undefined)
  expect(places.take('search', 'edsger')).toBeUndefined()
  ada[0]!()
  expect(places.take('search', 'edsger')).toBeDefined()
})

test('exports have their own places, and hold back no search', () => {
  const places = createQueryPlaces({ searchesMax: 1, exportsMax: 1 })
  expect(places.take('export', 'ada')).toBeDefined()
  expect(places.take('export', 'grace')).toBeUndefined()
  expect(places.take('search', 'ada')).toBeDefined()
})

test('a place is given back once, however often that is said', () => {
  const places = createQueryPlaces({ searchesMax: 2, exportsMax: 1 })
  const leave = places.take('search', 'ada')!
  places.take('search', 'grace')
  leave()
  leave()
  expect(places.running('search')).toBe(1)
})
