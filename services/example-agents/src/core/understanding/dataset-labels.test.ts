import { expect, test } from '@jest/globals'
import { slotLabels } from './dataset-labels.ts'

test('slots are written as the dataset writes them, and what it does not know is left out', () => {
  expect([...slotLabels({ area: 'Napa', beds: 2, petsAllowed: true, furnished: false, budgetMax: 2000 })]).toEqual([
    ['area', 'Napa'], ['number_of_beds', '2'], ['pets_allowed', 'True'], ['furnished', 'False']
  ])
})
