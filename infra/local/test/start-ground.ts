// `npm start` as a user runs it, in a home of its own beside everything else on the machine.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheFolder, meshHome, repositoryRoot } from '../src/home.ts'

export interface Ended { readonly code: number | null, readonly output: string }

export class StartGround {
  readonly home = mkdtempSync(join(tmpdir(), 'mesh-start-'))
  readonly environment: NodeJS.ProcessEnv

  constructor () {
    this.environment = { ...process.env, MESH_HOME: this.home, MESH_CACHE: cacheFolder(meshHome(), process.env), NO_COLOR: '1' }
    // The addresses of the tests' own stack would be taken for the user's servers.
    for (const address of ['DATABASE_URL', 'REDIS_URL', 'MESH_KAFKA_BROKERS', 'MESH_SCHEMA_REGISTRY_URL']) delete this.environment[address]
  }

  /** Starts a command of the bootstrap; `said` resolves once its output holds the text. */
  start (...args: string[]): { child: ChildProcess, ended: Promise<Ended>, said: (text: string | RegExp) => Promise<void>, output: () => string } {
    const child = spawn(process.execPath, ['infra/bootstrap/bootstrap.cjs', ...args], { cwd: repositoryRoot, env: this.environment, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const take = (chunk: Buffer) => { output += chunk.toString() }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    const ended = new Promise<Ended>(resolve => child.once('close', code => resolve({ code, output })))
    const said = async (text: string | RegExp) => {
      while (!(typeof text === 'string' ? output.includes(text) : text.test(output))) {
        if (child.exitCode !== null) throw new Error(`ended before saying ${text}:\n${output}`)
        await new Promise(resolve => setTimeout(resolve, 50))
      }
    }
    return { child, ended, said, output: () => output }
  }

  run (...args: string[]): Promise<Ended> { return this.start(...args).ended }

  async close (): Promise<void> {
    await this.run('down')
    rmSync(this.home, { recursive: true, force: true })
  }
}
