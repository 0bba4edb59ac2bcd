import { expect, test } from '@jest/globals'
import { drainMsDefault, settingsFrom } from './config.ts'

const environment = {
  MESH_KAFKA_BROKERS: 'one:9092, two:9092', MESH_SCHEMA_REGISTRY_URL: 'http://schemas:8081', MESH_REGISTRY_URL: 'http://registry:7400', MESH_NAMESPACE: 'other'
}

test('what isn\'t an option comes from the environment, and what isn\'t there has its default', () => expect(settingsFrom({}, environment)).toMatchObject({
  kafkaBrokers: ['one:9092', 'two:9092'], schemaRegistryUrl: 'http://schemas:8081', registryUrl: 'http://registry:7400', namespace: 'other', logLevel: 'info',
  drainMs: drainMsDefault, healthPort: 0
}))

test('the health port is that of the options, else of the environment', () => {
  const set = { ...environment, MESH_AGENT_HEALTH_PORT: '7499' }
  expect([{}, { healthPort: 0 }, { healthPort: 81 }].map(options => settingsFrom(options, set).healthPort)).toEqual([7_499, 0, 81])
})

test('an option goes before the environment', () =>
  expect(settingsFrom({ brokers: ['three:9092'], namespace: 'mine', logLevel: 'silent', drainMs: 7 }, environment))
    .toMatchObject({ kafkaBrokers: ['three:9092'], namespace: 'mine', logLevel: 'silent', drainMs: 7, registryUrl: 'http://registry:7400' }))

test('an option that is wrong is told as what it stands for', () =>
  expect(() => settingsFrom({ registryUrl: 'nowhere' }, environment)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('MESH_REGISTRY_URL') })))
