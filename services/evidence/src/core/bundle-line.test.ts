import { expect, test } from '@jest/globals'
import { parseLine } from './bundle-line.ts'
import { canonicalJson, type Json } from './canonical.ts'

const hash = 'BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc='
const bytes = Buffer.alloc(32, 7).toString('latin1')
const head = { kind: 'bundle', format: 'mesh.audit-bundle.v1', origin: 'o', key: 'k', from: '2026-11-01T00:00:00.000Z', to: '2026-11-01T00:00:00.001Z' }
const read = (line: Json) => parseLine(canonicalJson(line))

test('each kind of line is read', () => {
  expect(read(head)).toEqual({ kind: 'bundle', origin: 'o', key: 'k', fromMs: Date.UTC(2026, 10, 1), toMs: Date.UTC(2026, 10, 1) + 1 })
  expect(read({ kind: 'checkpoint', note: 'n' })).toEqual({ kind: 'checkpoint', note: 'n' })
  expect(read({ kind: 'consistency', before: 1, size: 2, hashes: [hash] })).toEqual({ kind: 'consistency', before: 1, size: 2, hashes: [bytes] })
  expect(read({ kind: 'log', log: -1, size: 0 })).toEqual({ kind: 'log', log: -1, size: 0 })
  expect(read({ kind: 'subtree', level: 52, position: 1, hash })).toEqual({ kind: 'subtree', node: { level: 52, position: 1 }, hash: bytes })
  expect(read({ kind: 'block', level: 8, position: 0, hash })).toEqual({ kind: 'block', node: { level: 8, position: 0 }, hash: bytes })
  expect(read({ kind: 'event', index: 3, body: {}, leaf: hash })).toEqual({ kind: 'event', index: 3, body: {}, leaf: bytes })
  expect(read({ kind: 'statement', index: 3 })).toEqual({ kind: 'statement', index: 3, body: undefined, leaf: undefined })
  expect(read({ kind: 'unplaced', event: {} })).toEqual({ kind: 'unplaced', event: {} })
  expect(read({ kind: 'end', lines: 4 })).toEqual({ kind: 'end', lines: 4 })
})

test.each<[Json]>([
  [{ ...head, format: 'mesh.audit-bundle.v2' }], [{ ...head, origin: 1 }], [{ ...head, key: 1 }], [{ ...head, from: 'once' }], [{ ...head, to: 'once' }], [{ ...head, to: head.from }],
  [{ kind: 'checkpoint', note: 1 }], [{ kind: 'consistency', before: -1, size: 2, hashes: [] }], [{ kind: 'consistency', before: 1, size: 0.5, hashes: [] }],
  [{ kind: 'consistency', before: 1, size: 2, hashes: 'x' }], [{ kind: 'consistency', before: 1, size: 2, hashes: [hash, 'x'] }], [{ kind: 'log', log: -2, size: 0 }], [{ kind: 'log', log: 0, size: -1 }],
  [{ kind: 'subtree', level: 53, position: 0, hash }], [{ kind: 'subtree', level: -1, position: 0, hash }], [{ kind: 'subtree', level: 0, position: 0.5, hash }], [{ kind: 'block', level: 8, position: 0, hash: 'x' }],
  [{ kind: 'block', level: 8, position: 0, hash: 1 }], [{ kind: 'event', index: -1 }], [{ kind: 'event', index: 1, body: [] }], [{ kind: 'event', index: 1, body: null }], [{ kind: 'event', index: 1, leaf: 'x' }],
  [{ kind: 'statement', index: 1, body: 'x' }], [{ kind: 'unplaced', event: [] }], [{ kind: 'unplaced' }], [{ kind: 'end', lines: -1 }], [{ kind: 'other' }], [[]], [null], ['text'], [{}]
])('what is none is refused: %j', line => expect(read(line)).toBe('it is no line of this format'))
