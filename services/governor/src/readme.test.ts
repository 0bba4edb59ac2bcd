import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { configTable } from '@mesh/runtime'
import { Registry } from 'prom-client'
import { config } from './config.ts'
import { registerCircuitMetrics } from './circuit-metrics.ts'
import { registerMetrics } from './metrics.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

test('the README\'s table of settings is the configuration\'s', () =>
  expect(/<!-- config -->\n([^]*?)\n<!-- end -->/.exec(readme)?.[1]).toBe(configTable(config)))

test('the README names each metric', () => {
  const registry = new Registry()
  registerMetrics(registry)
  registerCircuitMetrics(registry, { isOwner: () => false, lagMs: () => undefined, lagRecords: () => 0 })
  const names = registry.getMetricsAsArray().map(({ name }) => name)
  expect(names.length).toBeGreaterThan(20)
  expect(names.filter(name => !readme.includes(`\`${name}\``) && !readme.includes(`\`${name.replace('mesh_governor', '')}\``))).toEqual([])
})

test('the files that the README points at are there', () => {
  const here = readdirSync(new URL('.', import.meta.url), { recursive: true, encoding: 'utf8' })
  for (const [, file] of readme.matchAll(/\]\(src\/([^)]+)\)/g)) expect(here).toContain(file)
})
