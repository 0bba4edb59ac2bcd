import { expect, test } from '@jest/globals'
import type { Kafka } from 'kafkajs'
import { pino } from 'pino'
import { startLogReader } from './log-reader.ts'

test('a client without the inner parts that were checked is refused by name, not by a TypeError', () =>
  expect(startLogReader({ kafka: {} as Kafka, logger: pino({ level: 'silent' }) })).rejects.toMatchObject({ code: 'CLIENT_VERSION' }))
