import { describe, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AvroField, AvroRecord } from './avro-schema.ts'
import { inlined } from './inlining.ts'
import { check } from './schema-check.ts'
import { fullNameOf, readSchemaFiles } from './schema-files.ts'
import { readHistory, sameButWords, writeVersion } from './schema-history.ts'
import { lint } from './schema-lint.ts'
import { topLevelNames } from './top-level-names.ts'
import { generate } from './type-generation.ts'

const records = readSchemaFiles()
const subjects = topLevelNames.map(name => fullNameOf(name, records))
const record = (name: string, fields: AvroField[]): AvroRecord => ({ type: 'record', namespace: 'mesh.test', name, doc: 'A thing.', fields })
const field = (more: Partial<AvroField> = {}): AvroField => ({ name: 'size', type: 'int', doc: 'How large.', ...more })
const asMap = (...all: AvroRecord[]) => new Map(all.map(one => [`mesh.test.${one.name}`, one]))

function changed (name: string, change: (fields: AvroField[]) => AvroField[]): Map<string, AvroRecord> {
  const old = records.get(name)!
  return new Map(records).set(name, { ...old, fields: change([...old.fields]) })
}

describe('the committed schemas', () => {
  test('pass the check', () => {
    expect(check(records, subjects, subject => readHistory(subject)).problems).toEqual([])
  })

  test('fail it with the field\'s name when a nested record gets a field that old records lack', () => {
    const more = changed('mesh.dispatch.Usage', fields => [...fields, { name: 'cachedTokens', type: 'long', doc: 'Tokens not paid for.' }])
    const { problems } = check(more, subjects, subject => readHistory(subject))
    const users = [['mesh.dispatch.Dispatch', 'Dispatch.usage'], ['mesh.audit.AuditStory', 'AuditStory.events[].usage'], ['mesh.delivery.Deferral', 'Deferral.event.usage']] as const
    expect(problems).toEqual(users.flatMap(([subject, field]) => readHistory(subject).map((_, index) =>
      `${subject}, against version ${index + 1}: ${field}.cachedTokens: is not in the older version and has no default`)))
  })

  test('ask to be accepted when they changed compatibly', () => {
    const more = changed('mesh.dispatch.Dispatch', fields => [...fields, { name: 'note', type: ['null', 'string'], default: null, doc: 'A note.' }])
    const result = check(more, subjects, subject => readHistory(subject))
    expect(result.problems).toEqual([expect.stringContaining('changed compatibly; run `npm run schemas:generate -- --accept`')])
    expect(result.subjects[0]).toMatchObject({ state: 'changed', olderReadersCan: true })
  })

  test('say when older readers can\'t read the new version, so that readers are deployed first', () => {
    const more = changed('mesh.delivery.Notice', fields => fields.filter(({ name }) => name !== 'message'))
    expect(check(more, subjects, subject => readHistory(subject)).subjects.find(({ subject }) => subject.endsWith('Notice'))).toMatchObject({ olderReadersCan: false })
  })
})

describe('the lint', () => {
  test.each<[string, Map<string, AvroRecord>]>([
    ['mesh.test.Thing.size: no doc', asMap(record('Thing', [field({ doc: ' ' })]))],
    ['mesh.test.Thing: no doc', asMap({ ...record('Thing', [field()]), doc: '' })],
    ['mesh.test.Colour: no doc', asMap(record('Thing', [field({ type: { type: 'enum', namespace: 'mesh.test', name: 'Colour', symbols: ['red'] } })]))],
    ['a field\'s name is written likeThis', asMap(record('Thing', [field({ name: 'ttl_ms' })]))],
    ['an optional field has the default null', asMap(record('Thing', [field({ type: ['null', 'int'] })]))],
    ['a union is ["null", X] and nothing else', asMap(record('Thing', [field({ type: ['int', 'string'] })]))],
    ['a record without fields', asMap(record('Thing', []))],
    ['an array of null', asMap(record('Thing', [field({ type: { type: 'array', items: 'null' } })]))],
    ['mesh.test.Other: neither on a topic nor part of another record', asMap(record('Thing', [field()]), record('Other', [field()]))],
    ['belongs in a file of its own', asMap(record('Thing', [field({ type: record('Inner', [field()]) })]))]
  ])('finds: %s', (finding, all) => {
    expect(lint(all, ['mesh.test.Thing'])).toEqual(expect.arrayContaining([expect.stringContaining(finding)]))
  })
})

describe('inlining', () => {
  const inner = record('Inner', [field()])
  const outer = record('Outer', [field({ name: 'one', type: 'mesh.test.Inner' }), field({ name: 'two', type: { type: 'array', items: 'mesh.test.Inner' } })])

  test('defines a named type where it is first used', () => {
    expect(inlined('mesh.test.Outer', asMap(outer, inner)).fields.map(({ type }) => type)).toEqual([inner, { type: 'array', items: 'mesh.test.Inner' }])
  })

  test('refuses what no file defines, and a record within itself', () => {
    expect(() => inlined('mesh.test.Outer', asMap(outer))).toThrow('mesh.test.Outer: no schema file defines mesh.test.Inner')
    const loop = record('Loop', [field({ type: ['null', 'mesh.test.Loop'], default: null })])
    expect(() => inlined('mesh.test.Loop', asMap(loop))).toThrow('may not contain itself')
  })
})

describe('the history', () => {
  test('keeps versions in order and overwrites none', () => {
    const folder = mkdtempSync(join(tmpdir(), 'history-'))
    try {
      const [first, second] = [record('Thing', [field()]), record('Thing', [field({ type: 'long' })])]
      writeVersion('mesh.test.Thing', 1, first, folder)
      writeVersion('mesh.test.Thing', 2, second, folder)
      expect(readHistory('mesh.test.Thing', folder)).toEqual([first, second])
      expect(() => writeVersion('mesh.test.Thing', 2, first, folder)).toThrow('EEXIST')
      expect(readHistory('mesh.test.Other', folder)).toEqual([])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('does not count words as a change', () => {
    expect(sameButWords(record('Thing', [field()]), record('Thing', [field({ doc: 'Other words.' })]))).toBe(true)
    expect(sameButWords(record('Thing', [field()]), record('Thing', [field({ default: 1 })]))).toBe(false)
  })
})

test('a renamed field renames the property of its type', () => {
  const renamed = changed('mesh.delivery.Position', fields => fields.map(one => one.name === 'offset' ? { ...one, name: 'recordOffset' } : one))
  const files = generate(renamed, topLevelNames.map((name, index) => ({ name, subject: subjects[index]! })))
  expect(files['records.ts']).toContain('readonly recordOffset: number')
  expect(files['records.ts']).not.toContain('readonly offset: number')
})
