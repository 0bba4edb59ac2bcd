// A process that makes or takes load, and is asked over its IPC channel.
import type { Actor, Stage } from '@mesh/stage'
import { semiSpaceMb } from './semi-space.ts'
import type { Order } from '../load/orders.ts'

const readyMsMax = 180_000
const answerMsMax = 60_000

interface Waiting { readonly resolve: (result: unknown) => void, readonly reject: (error: Error) => void }

export class LoadProcess {
  readonly actor: Actor
  readonly #waiting = new Map<number, Waiting>()
  readonly #ready: Promise<void>
  #asked = 0

  /** Starts it; it may not be ready yet. */
  static async start (stage: Stage, name: string, script: string, args: readonly string[], nodeArgs: readonly string[] = []): Promise<LoadProcess> {
    let onMessage: (message: unknown) => void = () => undefined
    const actor = await stage.add(name, `loadtest/src/${script}`, { MESH_LOG_LEVEL: 'warn' }, { args, nodeArgs, semiSpaceMb, onMessage: message => onMessage(message) })
    const process = new LoadProcess(actor, listener => { onMessage = listener })
    actor.start()
    return process
  }

  private constructor (actor: Actor, listen: (listener: (message: unknown) => void) => void) {
    this.actor = actor
    let isReady: () => void
    this.#ready = new Promise(resolve => { isReady = resolve })
    listen(message => {
      const { ready, id, result, problem } = message as { ready?: true, id?: number, result?: unknown, problem?: string }
      if (ready === true) return isReady()
      const waiting = this.#waiting.get(id!)
      this.#waiting.delete(id!)
      if (problem === undefined) waiting?.resolve(result)
      else waiting?.reject(new Error(`${actor.name}: ${problem}`))
    })
  }

  async ready (): Promise<void> {
    await this.#within(this.#ready, readyMsMax, 'is not ready')
  }

  async ask<Result> (order: Order): Promise<Result> {
    const id = this.#asked++
    const answer = new Promise<unknown>((resolve, reject) => { this.#waiting.set(id, { resolve, reject }) })
    this.actor.send({ id, order })
    return await this.#within(answer, answerMsMax, `does not answer '${order.order}'`) as Result
  }

  /** Rejects as well when it has died meanwhile. */
  async #within<T> (wanted: Promise<T>, msMax: number, problem: string): Promise<T> {
    let timer: NodeJS.Timeout
    const late = new Promise<never>((_, reject) => {
      const untilMs = performance.now() + msMax
      timer = setInterval(() => {
        if (performance.now() > untilMs) reject(new Error(`${this.actor.name} ${problem} after ${msMax / 1_000} s; its log: ${this.actor.logFile}`))
        if (this.actor.surprises.length > 0) reject(new Error(`${this.actor.name} ended: ${this.actor.surprises[0]}`))
      }, 200)
    })
    return Promise.race([wanted, late]).finally(() => clearInterval(timer))
  }
}
