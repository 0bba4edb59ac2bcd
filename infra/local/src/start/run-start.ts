// The whole of `npm start`, step by step, and the way back.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { StackError } from '../errors.ts'
import { devStack, meshHome, repositoryRoot, stackFolder } from '../home.ts'
import { acquireLock } from '../lock.ts'
import type { Progress } from '../progress.ts'
import { stackEnvironment, type Stack } from '../stack.ts'
import { startStack } from '../start-stack.ts'
import type { StartOptionsGiven } from './arguments.ts'
import { type Conversation, exampleConversations, InputFileError, readConversations } from './conversations.ts'
import { holdConversations } from './hold-conversations.ts'
import { type MeshPlan, planMesh } from './mesh-plan.ts'
import { died, type MeshProcess, startMeshProcess } from './mesh-processes.ts'
import { reportExample } from './report.ts'
import { endLeftovers, forgetRunning, writeRunning } from './running-file.ts'
import { runScript } from './run-script.ts'
import { onInterrupt } from './interrupt.ts'

export async function runStart (options: StartOptionsGiven, progress: Progress): Promise<number> {
  const startedMs = performance.now()
  const run = new StartRun(progress)
  const stopListening = onInterrupt({ first: () => run.interrupt(), second: () => run.stopNow() })
  try {
    const conversations = options.inputFile === undefined ? exampleConversations : readConversations(options.inputFile)
    await run.bringUp()
    progress.note(`ready after ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`)
    const held = await run.holdExample(conversations, options.concurrency)
    if (options.once || run.interrupted) return held && !run.interrupted ? 0 : 1
    run.sayWhatNext()
    await run.untilInterruptedOrDied()
    return 0
  } catch (error) {
    if (run.interrupted) return 130
    progress.close()
    const expected = error instanceof StackError || error instanceof InputFileError
    console.error(expected ? error.message : error)
    return 1
  } finally {
    await run.stop()
    stopListening()
  }
}

class StartRun {
  readonly #progress: Progress
  readonly #folder = stackFolder(meshHome(), devStack)
  readonly #abort = new AbortController()
  readonly #processes: MeshProcess[] = []
  #release: (() => void) | undefined
  #stack: Stack | undefined
  #plan: MeshPlan | undefined

  constructor (progress: Progress) { this.#progress = progress }

  get interrupted (): boolean { return this.#abort.signal.aborted }

  interrupt (): void {
    this.#progress.note('stopping (Ctrl-C again stops at once)')
    this.#abort.abort()
  }

  async bringUp (): Promise<void> {
    const lock = acquireLock(join(this.#folder, 'mesh.lock'))
    if (!lock.held) {
      throw new StackError('ALREADY_RUNNING', `The mesh is running already, by process ${lock.holder.pid} (since ${lock.holder.since}). Use that one, or end it with Ctrl-C in its terminal, then run the command again.`)
    }
    this.#release = lock.release
    const leftovers = endLeftovers(this.#folder)
    if (leftovers > 0) this.#progress.note(`ended ${leftovers} processes that an earlier start left behind`)
    this.#stack = await startStack({ name: devStack, progress: this.#progress, keepData: true })
    this.#throwIfInterrupted()
    await this.#applyTopics(this.#stack)
    this.#plan = await planMesh(this.#stack, process.env)
    mkdirSync(join(this.#folder, 'logs'), { recursive: true })
    for (const group of this.#plan.groups) {
      this.#throwIfInterrupted()
      await this.#startGroup(group)
    }
  }

  async #applyTopics (stack: Stack): Promise<void> {
    const step = this.#progress.step('topics, schemas')
    const { code, output } = await runScript(['topics/scripts/apply.ts'], stackEnvironment(stack.addresses))
    if (code !== 0) throw new StackError('PART_NOT_READY', `The topics could not be applied:\n${output}`)
    step.done()
  }

  async #startGroup (group: MeshPlan['groups'][number]): Promise<void> {
    const results = await Promise.allSettled(group.map(async plan => {
      const step = this.#progress.step(plan.name)
      try {
        const started = await startMeshProcess(plan, join(this.#folder, 'logs'))
        this.#processes.push(started)
        writeRunning(this.#folder, { meshEnvironment: this.#plan!.meshEnvironment, processes: this.#processes.map(({ identity }) => identity) })
        step.done()
      } catch (error) {
        step.failed()
        throw error
      }
    }))
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  async holdExample (conversations: readonly Conversation[], concurrency: number): Promise<boolean> {
    const step = this.#progress.step('conversations')
    const held = holdConversations(conversations, this.#plan!.gatewayUrl, concurrency, step, this.#abort.signal)
    const results = await Promise.race([held, this.#firstDeath()])
    step.done(`${results.length} turns`)
    if (this.interrupted) return false
    return reportExample(results, this.#plan!.meshEnvironment)
  }

  sayWhatNext (): void {
    const environment = this.#plan!.meshEnvironment
    console.log(`\nThe mesh is up. Try, in another terminal:
  npx mesh agents
  npx mesh tail
  curl -s ${this.#plan!.gatewayUrl}/turns -H 'content-type: application/json' -d '{"conversationId":"mine","text":"I need a flat in San Jose"}'
What happened, from the archive (${environment.MESH_AUDIT_API_URL}/docs):
  export MESH_AUDIT_TOKEN=$(npx mesh audit token --role auditor) && npx mesh audit search --from 1h
For agents of your own: ${['MESH_KAFKA_BROKERS', 'MESH_SCHEMA_REGISTRY_URL', 'MESH_REGISTRY_URL'].map(name => `${name}=${environment[name]}`).join(' ')}
Logs: ${join(this.#folder, 'logs').replace(`${repositoryRoot}/`, '')}. Ctrl-C drains and stops it.`)
  }

  async untilInterruptedOrDied (): Promise<void> {
    const interrupted = new Promise<void>(resolve => this.#abort.signal.addEventListener('abort', () => resolve(), { once: true }))
    if (!this.interrupted) await Promise.race([interrupted, this.#firstDeath()])
  }

  #firstDeath (): Promise<never> {
    return Promise.race(this.#processes.map(async started => {
      const how = await started.exited
      if (this.interrupted) return new Promise<never>(() => { /* it was told to end */ })
      throw died(started, how)
    }))
  }

  /** From the outside in, so that what is in hand still goes through; the stack last. */
  async stop (): Promise<void> {
    this.#abort.abort()
    const isAgents = ({ name }: MeshProcess) => name.startsWith('agents-')
    const isGateway = ({ name }: MeshProcess) => name === 'agents-conversation'
    // The gateway's process first: turns in hand still need the others.
    await Promise.all(this.#processes.filter(isGateway).map(started => started.stop()))
    await Promise.all(this.#processes.filter(started => isAgents(started) && !isGateway(started)).map(started => started.stop()))
    for (const started of this.#processes.filter(started => !isAgents(started)).reverse()) await started.stop()
    if (this.#stack?.ownedHere === true) await this.#stack.stop()
    if (this.#release !== undefined) {
      forgetRunning(this.#folder)
      this.#release()
    }
  }

  stopNow (): void {
    for (const started of this.#processes) started.stopNow()
    if (this.#stack?.ownedHere === true) this.#stack.stopNow()
    this.#release?.()
    process.exit(130)
  }

  #throwIfInterrupted (): void {
    if (this.interrupted) throw new StackError('STACK_NOT_RUNNING', 'interrupted')
  }
}
