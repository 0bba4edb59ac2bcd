import { expect, test } from '@jest/globals'
import { advisorFor } from './advisors.ts'

test.each([['San Jose', 'Maria Alvarez'], ['Newark', 'Priya Natarajan'], ['Napa', 'Ellen Sorensen'], ['Seattle', 'Maria Alvarez'], [undefined, 'Maria Alvarez']])(
  'in %p somebody answers', (area, name) => expect(advisorFor(area).name).toBe(name))
