// The homes that the sales agents know, from data/homes.json; checked whole at start.
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { home } from './contracts/homes.ts'
import type { Home } from './core/home.ts'

const file = new URL('../data/homes.json', import.meta.url)

const inventory = z.array(home).min(1).refine(homes => new Set(homes.map(({ id }) => id)).size === homes.length, { error: 'two homes have the same id' })

export function readInventory (): readonly Home[] {
  return inventory.parse(JSON.parse(readFileSync(file, 'utf8')))
}
