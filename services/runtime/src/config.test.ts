import { describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { commonEntries, configTable, defineConfig, loadConfig } from './config.ts'

const entries = defineConfig({
  port: { env: 'X_PORT', schema: z.coerce.number().int().default(7400), doc: 'Port of the API.' },
  url: { env: 'X_URL', schema: z.url(), doc: 'Where the other one is.' },
  pin: { env: 'X_PIN', schema: z.string().regex(/^\d{4}$/, { error: ({ input }) => `${String(input)} has not four digits` }), doc: 'What opens the door.', secret: true }
})
const whole = { X_URL: 'http://127.0.0.1:1', X_PIN: '1234' }

const problemOf = (environment: Record<string, string>): string => {
  try {
    loadConfig(entries, environment)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('no problem')
}

describe('configuration', () => {
  test('is parsed, with defaults for what is not set', () => {
    expect(loadConfig(entries, whole)).toEqual({ port: 7400, url: 'http://127.0.0.1:1', pin: '1234' })
  })

  test('takes an empty variable for one that is not set', () => {
    expect(loadConfig(entries, { ...whole, X_PORT: '' }).port).toBe(7400)
    expect(problemOf({ ...whole, X_URL: '' })).toContain('X_URL: is not set')
  })

  test('tells all problems at once, each with its variable and meaning', () => {
    const problem = problemOf({ X_PORT: 'seven', X_PIN: '1234' })
    expect(problem).toContain('X_PORT: ')
    expect(problem).toContain('X_URL: is not set (Where the other one is.)')
    expect(() => loadConfig(entries, {})).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })

  test('never tells a secret', () => {
    const problem = problemOf({ ...whole, X_PIN: 'hush' })
    expect(problem).toContain('X_PIN: is not valid')
    expect(problem).not.toContain('hush')
  })

  test('becomes a table', () => {
    expect(configTable(entries)).toBe([
      '| variable | default | meaning |', '| --- | --- | --- |',
      '| `X_PORT` | `7400` | Port of the API. |', '| `X_URL` | required | Where the other one is. |', '| `X_PIN` | required | What opens the door. |'
    ].join('\n'))
  })
})

describe('the broker list', () => {
  const parse = (list: string) => commonEntries.kafkaBrokers.schema.safeParse(list)

  test.each([['127.0.0.1:9092', 1], ['a.example:1, b:2,', 2], ['[::1]:9092', 1]])('%s is taken', (list, count) => {
    expect(parse(list).data).toHaveLength(count)
  })

  test.each(['localhost', ',', 'kafka://a:1', 'a:1,b', 'a b:1'])('%s is refused', list => {
    expect(parse(list).error?.issues[0]?.message).toBe('expected host:port, or several separated by commas')
  })
})
