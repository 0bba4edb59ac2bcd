// What ends the process of its handler again and again is set aside, and the inbox goes on.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { connectCodec, type Dispatch } from '@mesh/schemas'
import { topicNames } from '@mesh/topics'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPartitionReader } from '@mesh/runtime'
import { createLogger } from '@mesh/runtime'
import { aloneCrashes, crashesMaxDefault } from '../src/core/start-mark.ts'
import { type Agent, defineAgent } from '../src/index.ts'
import { until } from './agent-features.ts'
import { type MeshGround, startProcess, stopProcess } from './mesh-ground.ts'

export function poisonFeatures (title: string, ground: () => MeshGround): void {
  describe(title, () => {
    const suffix = Math.random().toString(36).slice(2, 8)
    const folder = mkdtempSync(join(tmpdir(), 'poison-'))
    const notes = join(folder, 'notes')
    const handled = (): string[] => readFileSync(notes, 'utf8').split('\n').filter(Boolean)
    const times = (name: string): number => handled().filter(noted => noted === name).length
    const asker = defineAgent({
      name: `poisoner-${suffix}`, version: '1.0.0', domain: 'test', role: 'bot', ownerTeam: 'test', dependencies: [`poison.${suffix}`, `poison-asked.${suffix}`]
    }) as Agent
    /** Errors that the mesh was sent about deliveries. */
    const sentBack: Dispatch[] = []
    let worker: ChildProcess | undefined
    let closeReader: () => Promise<void> = async () => {}
    let isOver = false
    let crashes = 0

    /** Starts the worker again as often as it ends. */
    async function keepAlive (): Promise<void> {
      while (!isOver) {
        worker = await startProcess('services/agent-sdk/test/poison-worker.ts', ground().environment, [suffix, notes]).catch(() => undefined)
        // It may have ended before it was seen ready.
        if (worker !== undefined && worker.exitCode === null && worker.signalCode === null) await new Promise(resolve => worker!.once('exit', resolve))
        crashes++
      }
    }

    beforeAll(async () => {
      writeFileSync(notes, '')
      const { kafka, namespace, options } = ground()
      const codec = await connectCodec({ schemaRegistryUrl: options.schemaRegistryUrl! })
      await asker.start(options)
      const reader = await startPartitionReader({
        kafka, topic: topicNames(namespace).dispatch(2), partitions: [0, 1], readerId: `${namespace}.poison`, from: 'earliest', logger: createLogger({ name: 'test', level: 'silent' }),
        onRecords: records => {
          for (const { value } of records) {
            const dispatch = codec.decode('Dispatch', codec.decode('SignedDispatch', value!).body)
            if (dispatch.type === 'error' && dispatch.source === `poisoned-${suffix}`) sentBack.push(dispatch)
          }
        }
      })
      closeReader = () => reader.close()
    }, 60_000)
    afterAll(async () => {
      isOver = true
      if (worker !== undefined) await stopProcess(worker)
      await Promise.all([asker.stop(), closeReader()])
      rmSync(folder, { recursive: true })
    }, 30_000)

    test('an event and a request, among others: each is tried a few times, goes back whole, and what lies around is handled', async () => {
      void keepAlive()
      await until(() => worker !== undefined, 30_000)
      const send = (name: string, more: object = {}): Promise<{ dispatchId: string }> =>
        asker.send(`poison.${suffix}`, { name, ...more }, { workflowId: 'one-partition' })
      await send('before')
      // Long enough to be under way when the process ends, each time.
      await send('slow', { forMs: 300 })
      const poison = await send('poison', { ends: 'exit' })
      await send('after')
      const asked = asker.call(`poison-asked.${suffix}`, { name: 'asked poison', ends: 'kill' }, { ttlMs: 180_000, workflowId: 'another' })
      const answered = asked.then(() => 'answered', (error: { code: string }) => error.code)
      await until(() => sentBack.length >= 2, 150_000)
      expect(await answered).toBe('SET_ASIDE')
      await send('last')
      await until(() => handled().includes('last'), 30_000)

      const [back] = sentBack.filter(({ inReplyTo }) => inReplyTo === poison.dispatchId)
      expect(back).toMatchObject({ error: { code: 'SET_ASIDE', retriable: false }, contentType: 'application/vnd.mesh.signed-dispatch' })
      const codec = await connectCodec({ schemaRegistryUrl: ground().options.schemaRegistryUrl! })
      const whole = codec.decode('Dispatch', codec.decode('SignedDispatch', back!.payload).body)
      expect(whole).toMatchObject({ dispatchId: poison.dispatchId, type: 'event', payload: Buffer.from('{"name":"poison","ends":"exit"}') })
      expect(sentBack).toHaveLength(2)
      for (const name of ['before', 'slow', 'after', 'last']) expect(handled()).toContain(name)
      // Each runs alone in the two crashes that prove it guilty. Those before may be another's, and beside others it may run in vain.
      for (const name of ['poison', 'asked poison']) {
        expect(times(name)).toBeGreaterThanOrEqual(aloneCrashes)
        expect(times(name)).toBeLessThanOrEqual(2 * (crashesMaxDefault + 1))
      }
      console.log(`set aside after ${crashes} crashes; runs: ${[...new Set(handled())].map(name => `${name} ${times(name)}`).join(', ')}`)
    }, 240_000)
  })
}
