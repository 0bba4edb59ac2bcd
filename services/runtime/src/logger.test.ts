import { beforeEach, describe, expect, test } from '@jest/globals'
import { createLogger } from './logger.ts'

interface Line { readonly long: string, readonly list: readonly unknown[], readonly err: object }
let lines: Line[]
let text: string

beforeEach(() => {
  lines = []
  text = ''
})
const logger = (level = 'info') => createLogger({ name: 'sample', level }, {
  write (line) {
    text += line
    lines.push(JSON.parse(line))
  }
})

describe('a log line', () => {
  test('names its process, level and time', () => {
    logger().warn({ records: 3 }, 'three records wait')
    expect(lines).toEqual([expect.objectContaining({ name: 'sample', level: 'warn', records: 3, msg: 'three records wait', time: expect.stringMatching(/^\d{4}-.*Z$/) })])
  })

  test('is not written below its level', () => {
    logger('warn').info('nothing')
    expect(text).toBe('')
  })

  test.each(['payload', 'Body', 'value', 'text', 'input', 'output', 'password', 'privateKey', 'secret'])('shows nothing of %s, however deep', name => {
    logger().info({ [name]: 'hush', a: { b: [{ c: { [name]: 'hush' } }] } }, 'said')
    expect(text).not.toContain('hush')
    expect(lines[0]).toMatchObject({ [name]: '[left out]' })
  })

  test('shows nothing of a payload that a child logger carries', () => {
    logger().child({ payload: 'hush', id: 7 }).info('said')
    expect(text).not.toContain('hush')
    expect(lines[0]).toMatchObject({ id: 7 })
  })

  test('counts bytes and entries instead of showing them', () => {
    logger().info({ key: Buffer.from('hush'), seen: new Map([['hush', 1]]) })
    expect(lines[0]).toMatchObject({ key: '[4 bytes]', seen: '[1 entries]' })
  })

  test('cuts long texts, long lists, many fields and deep values', () => {
    const deep = { a: { a: { a: { a: { a: { a: 'hush' } } } } } }
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, field) => [`f${field}`, 'x'.repeat(5_000)]))
    logger().info({ long: 'x'.repeat(50_000), list: Array.from({ length: 100 }, (_, item) => item), deep, many })
    expect(text.length).toBeLessThan(60_000)
    expect(lines[0]!.long).toHaveLength(1_001)
    expect(lines[0]!.list).toHaveLength(21)
    expect(text).not.toContain('hush')
  })

  test('holds a value that refers to itself', () => {
    const self: Record<string, unknown> = {}
    self.self = self
    logger().info({ self })
    expect(lines).toHaveLength(1)
  })
})

describe('an error in a log line', () => {
  test('shows its type, code, message and cause', () => {
    const error = Object.assign(new Error('not stored', { cause: new RangeError('too large') }), { code: '23505' })
    logger().error({ err: error }, 'failed')
    expect(lines[0]!.err).toMatchObject({ type: 'Error', code: '23505', message: 'not stored', stack: expect.stringContaining('logger.test'), cause: { type: 'RangeError', message: 'too large' } })
  })

  test('shows nothing that a client hung on it', () => {
    logger().error(Object.assign(new Error('duplicate key'), { detail: 'Key (name)=(hush) already exists', row: { a: 'hush' } }))
    expect(text).not.toContain('hush')
    expect(lines[0]).toMatchObject({ msg: 'duplicate key' })
  })
})
