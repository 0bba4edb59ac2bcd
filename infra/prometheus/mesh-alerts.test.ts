// A rule that names what no process says never fires and nobody notices: the names are held to the code.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { reasonCodes } from '@mesh/schemas'
import { catalogue } from '@mesh/topics'
import { parse } from 'yaml'

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly for: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

const services = new URL('../../services/', import.meta.url)
const { groups } = parse(readFileSync(new URL('mesh-alerts.yml', import.meta.url), 'utf8')) as { readonly groups: readonly { readonly name: string, readonly rules: readonly Rule[] }[] }
const rules = groups.flatMap(group => group.rules)
const codes: Readonly<Record<string, unknown>> = reasonCodes

const sources = readdirSync(services, { recursive: true, encoding: 'utf8' })
  .filter(file => /^[^/]+\/src\/.*\.ts$/.test(file) && !file.endsWith('.test.ts'))
  .map(file => readFileSync(new URL(file, services), 'utf8'))
const metrics = new Map(sources.flatMap(source => [...source.matchAll(/new (Counter|Gauge|Histogram)\(\{\s*name: '(mesh_\w+)'([^]*?)registers/g)].map(([, kind, name, rest]) =>
  [name!, { kind: kind!, labels: labelsOf(rest!, source), buckets: bucketsOf(rest!, source) }] as const)))

test('the metrics are found in the code', () => expect(metrics.size).toBeGreaterThan(20))

test.each(rules)('$alert names what the code says', ({ expr }) => {
  const named = [...expr.matchAll(/\b(mesh_\w+)(?:\{([^}]*)\})?/g)]
  expect(named.length).toBeGreaterThan(0)
  for (const [, series, matchers = ''] of named) {
    const name = series!.replace(/_(bucket|count|sum)$/, '')
    const metric = metrics.get(name)
    expect([name, metric?.kind]).toEqual([name, name === series ? expect.stringMatching(/Counter|Gauge/) : 'Histogram'])
    for (const [, label, value] of matchers.matchAll(/(\w+)=~?"([^"]*)"/g)) {
      if (label === 'le') expect(metric!.buckets).toContain(Number(value))
      else expect(metric!.labels).toContain(label)
      if (label === 'reason') expect(Object.keys(codes)).toContain(value)
      if (label === 'priority') expect(value).toMatch(/^[0-3](\|[0-3])*$/)
    }
    for (const [, by] of expr.matchAll(/by \(([^)]*)\)/g)) for (const label of by!.split(', ')) expect(metric!.labels).toContain(label)
  }
})

test.each(rules)('$alert says who is called, what is wrong and what to do', ({ for: after, labels, annotations }) => {
  expect(after).toMatch(/^\d+[mh]$/)
  expect(labels['severity']).toMatch(/^(page|ticket)$/)
  expect([annotations['summary'], annotations['action']]).toEqual([expect.stringMatching(/\.$/), expect.stringMatching(/\.$/)])
})

test('each class, pressure and the counting without Redis have a rule, each with a name of its own', () => {
  const names = rules.map(({ alert }) => alert)
  expect(new Set(names).size).toBe(names.length)
  expect(names).toEqual(expect.arrayContaining(['MeshP0Late', 'MeshP1Late', 'MeshP2Late', 'MeshP3Late', 'MeshAgentPressed', 'MeshPressureUnknown', 'MeshQuotasCountedLocally']))
  const bounds = [0, 1, 2, 3].map(priority => /le="([\d.]+)"/.exec(rules.find(({ alert }) => alert === `MeshP${priority}Late`)!.expr)![1])
  expect(bounds).toEqual(['0.2', '0.5', '2', '10'])
})

test('an archiver that is down or behind is told long before its topic compacts, let alone deletes, what it has not seen', () => {
  const { config } = catalogue.find(({ name }) => name === 'audit')!
  const soonestMs = Math.min(Number(config['min.compaction.lag.ms']), Number(config['retention.ms']))
  const toldAfterS = (alert: string): number => {
    const rule = rules.find(each => each.alert === alert)!
    return Number(/> (\d+)/.exec(rule.expr)?.[1] ?? 0) + Number(/^(\d+)m$/.exec(rule.for)![1]) * 60
  }
  for (const alert of ['MeshArchiverAbsent', 'MeshArchiveLate']) expect(toldAfterS(alert)).toBeLessThan(soonestMs / 1_000 / 50)
})

/** A list in place, or the constant that it is named by. */
function listOf (field: string, text: string, source: string): string {
  const given = new RegExp(`\\b${field}(?:: (\\[[^\\]]*\\]|\\w+))?`).exec(text)
  if (given === null) return ''
  const [, value = field] = given
  return value.startsWith('[') ? value : new RegExp(`const ${value} = (\\[[^\\]]*\\])`).exec(source)?.[1] ?? ''
}

function labelsOf (text: string, source: string): string[] {
  return [...listOf('labelNames', text, source).matchAll(/'(\w+)'/g)].map(([, label]) => label!)
}

function bucketsOf (text: string, source: string): number[] {
  return [...listOf('buckets', text, source).matchAll(/[\d.]+/g)].map(([bucket]) => Number(bucket))
}
