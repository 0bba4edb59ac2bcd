// Real child processes, because exits and signals are what it is about.
import { afterEach, describe, expect, test } from '@jest/globals'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const file = fileURLToPath(new URL('../test/lifecycle-process.ts', import.meta.url))
let child: ChildProcess | undefined
afterEach(() => { child?.kill('SIGKILL') })

interface Sample {
  said (word: string): Promise<void>
  signal (name: NodeJS.Signals): void
  ended (): Promise<{ readonly code: number | null, readonly text: string }>
}

function run (behaviour: string): Sample {
  const process_ = child = spawn(process.execPath, [file, behaviour], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(process_, 'close') as Promise<[number | null]>
  let text = ''
  process_.stdout.setEncoding('utf8').on('data', (chunk: string) => { text += chunk })
  return {
    async said (word) {
      while (!text.split('\n').includes(word)) {
        const next = await Promise.race([once(process_.stdout, 'data'), exit.then(() => undefined)])
        if (next === undefined) throw new Error(`ended without saying ${word}: ${text}`)
      }
    },
    signal: name => { process_.kill(name) },
    async ended () {
      const [code] = await exit
      return { code, text }
    }
  }
}

describe('told to end', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('by %s, it drains and ends with 0', async signal => {
    const sample = run('well')
    await sample.said('running')
    sample.signal(signal)
    const { code, text } = await sample.ended()
    expect([code, text.match(/^drained$/m)?.length]).toEqual([0, 1])
  })

  test('a second time, it ends at once with 1', async () => {
    const sample = run('drains on and on')
    await sample.said('running')
    sample.signal('SIGTERM')
    await sample.said('draining')
    sample.signal('SIGINT')
    expect((await sample.ended()).code).toBe(1)
  })

  test('it ends with 1 and says so when draining takes too long', async () => {
    const sample = run('drains too long')
    await sample.said('running')
    sample.signal('SIGTERM')
    expect(await sample.ended()).toEqual({ code: 1, text: expect.stringContaining('took longer than 200 ms to drain') })
  })

  test('it ends with 1 and the reason when draining fails', async () => {
    const sample = run('fails to drain')
    await sample.said('running')
    sample.signal('SIGTERM')
    expect(await sample.ended()).toEqual({ code: 1, text: expect.stringContaining('the disk is full') })
  })

  test('while it starts, the start is called off and it ends with 0', async () => {
    const sample = run('starts long')
    await sample.said('starting')
    sample.signal('SIGTERM')
    expect(await sample.ended()).toEqual({ code: 0, text: expect.not.stringMatching(/^running$/m) })
  })

  test('while it starts, what was started all the same is drained', async () => {
    const sample = run('starts a part, then ends')
    await sample.said('starting')
    sample.signal('SIGTERM')
    expect(await sample.ended()).toEqual({ code: 0, text: expect.stringMatching(/^drained$/m) })
  })
})

describe('it ends with 1 and the reason', () => {
  test.each([
    ['fails to start', 'sample could not start: no broker answers'], ['throws later', 'a bug'], ['rejects later', 'a forgotten promise']
  ])('when it %s', async (behaviour, reason) => {
    expect(await run(behaviour).ended()).toEqual({ code: 1, text: expect.stringContaining(reason) })
  })
})
