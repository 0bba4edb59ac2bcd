// A process for the lifecycle tests; its argument says how it behaves.
import { setTimeout as pause } from 'node:timers/promises'
import { createLogger } from '../src/logger.ts'
import { runProcess } from '../src/lifecycle.ts'

const behaviour = process.argv[2]
const say = (word: string) => process.stdout.write(`${word}\n`)
const hang = () => new Promise<never>(() => { setInterval(() => {}, 1_000) })

await runProcess({
  name: 'sample', logger: createLogger({ name: 'sample', level: 'info' }), drainMs: behaviour === 'drains too long' ? 200 : 10_000,
  async start ({ signal }) {
    if (behaviour === 'fails to start') throw new Error('no broker answers')
    if (behaviour === 'starts long') {
      say('starting')
      await pause(60_000, undefined, { signal })
    }
    if (behaviour === 'starts a part, then ends') {
      say('starting')
      await new Promise(resolve => signal.addEventListener('abort', resolve))
    }
    setInterval(() => {}, 1_000)
    say('running')
    if (behaviour === 'throws later') setTimeout(() => { throw new Error('a bug') }, 20)
    if (behaviour === 'rejects later') setTimeout(() => { void Promise.reject(new Error('a forgotten promise')) }, 20)
    return {
      async drain () {
        say('draining')
        if (behaviour === 'drains too long' || behaviour === 'drains on and on') await hang()
        if (behaviour === 'fails to drain') throw new Error('the disk is full')
        await pause(50)
        say('drained')
      }
    }
  }
})
