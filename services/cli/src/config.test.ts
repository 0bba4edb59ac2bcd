import { afterAll, describe, expect, test } from '@jest/globals'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { debugLevel, loadSettings, wantsColors } from './config.ts'

const nowhere = { MESH_HOME: '/nowhere/at/all' }

describe('settings', () => {
  test('come from the environment, only those that are asked for', async () => {
    const settings = await loadSettings(['kafkaBrokers', 'namespace'], { MESH_KAFKA_BROKERS: 'a:1, b:2' })
    expect(settings).toEqual({ kafkaBrokers: ['a:1', 'b:2'], namespace: 'mesh' })
  })

  test('that are missing are all named, with what to do', async () => {
    const error = await loadSettings(['kafkaBrokers', 'databaseUrl', 'registryUrl'], nowhere).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'CONFIG_MISSING', message: expect.stringMatching(/MESH_KAFKA_BROKERS[^]*DATABASE_URL/), next: expect.stringContaining('npm start') })
  })

  describe('of the mesh on this machine', () => {
    const home = mkdtempSync(join(tmpdir(), 'mesh-cli-'))
    const started = { DATABASE_URL: 'postgres://local', MESH_REGISTRY_URL: 'http://127.0.0.1:7401', MESH_NAMESPACE: 'mine', MESH_LOG_LEVEL: 'info' }
    mkdirSync(join(home, 'dev'))
    writeFileSync(join(home, 'dev', 'mesh.json'), JSON.stringify({ meshEnvironment: started, processes: [] }))
    afterAll(() => rmSync(home, { recursive: true }))

    test('are found without being told', async () => {
      expect(await loadSettings(['databaseUrl', 'registryUrl', 'namespace', 'auditSchema'], { MESH_HOME: home }))
        .toEqual({ databaseUrl: 'postgres://local', registryUrl: 'http://127.0.0.1:7401', namespace: 'mine', auditSchema: 'mesh_audit' })
    })

    test('have the Redis of its stack, unless the environment names another; without any, commands know less', async () => {
      writeFileSync(join(home, 'dev', 'mesh.json'), JSON.stringify({ meshEnvironment: { ...started, REDIS_URL: 'redis://local' }, processes: [] }))
      expect(await loadSettings(['redisUrl'], { MESH_HOME: home })).toEqual({ redisUrl: 'redis://local' })
      expect(await loadSettings(['redisUrl'], { MESH_HOME: home, REDIS_URL: 'redis://other' })).toEqual({ redisUrl: 'redis://other' })
      expect(await loadSettings(['redisUrl'], { MESH_HOME: home, MESH_REGISTRY_URL: 'http://other' })).toEqual({ redisUrl: undefined })
    })

    test('give way to the environment one by one, unless that names another mesh', async () => {
      expect(await loadSettings(['databaseUrl', 'namespace'], { MESH_HOME: home, DATABASE_URL: 'postgres://other' })).toEqual({ databaseUrl: 'postgres://other', namespace: 'mine' })
      expect(await loadSettings(['registryUrl', 'namespace'], { MESH_HOME: home, MESH_REGISTRY_URL: 'http://other' })).toEqual({ registryUrl: 'http://other', namespace: 'mesh' })
    })
  })

  test('are not mixed with those of the mesh on this machine', async () => {
    const error = await loadSettings(['registryUrl', 'databaseUrl'], { MESH_REGISTRY_URL: 'http://elsewhere:1' }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'CONFIG_MISSING', message: expect.stringContaining('not all of it') })
  })

  test('that are wrong are named without their value', async () => {
    const error = await loadSettings(['auditSchema', 'databaseUrl'], { ...nowhere, MESH_AUDIT_SCHEMA: 'a"b', DATABASE_URL: 'x' }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.not.stringContaining('a"b') })
  })
})

test.each([
  [true, {}, true], [false, {}, false], [true, { NO_COLOR: '1' }, false], [true, { NO_COLOR: '' }, true], [false, { FORCE_COLOR: '1' }, true],
  [true, { FORCE_COLOR: '0' }, false], [true, { FORCE_COLOR: '1', NO_COLOR: '1' }, false], [true, { TERM: 'dumb' }, false], [false, { CI: '1' }, false]
])('at a terminal %p with %j colours are wanted: %p', (isTerminal, environment, wanted) => {
  expect(wantsColors(isTerminal, environment)).toBe(wanted)
})

test('only who debugs gets logs', () => {
  expect([undefined, 'info', 'debug', 'trace'].map(level => debugLevel({ MESH_LOG_LEVEL: level }))).toEqual([undefined, undefined, 'debug', 'trace'])
})
