// Takes turns of people into the mesh, and holds them to its bounds.
//
// Invariants:
//   G1. Turns of one conversation go one after another, in the order in which they came.
//   G2. At most `turnsMax` turns are waited for, queued ones included; one more is refused at once (TURNS_FULL).
//   G3. Once closing, nothing new is taken (STOPPING), and what was taken is finished.
//   G4. Turns of a conversation in one session are one workflow. A session is one run of this process unless the caller names it.
import { CodedError } from '@mesh/runtime'

export interface Turn {
  readonly conversationId: string
  readonly text: string
  readonly sessionId?: string | undefined
}

export interface TurnDeskOptions<Answer> {
  readonly turnsMax: number
  /** Stands for the session where the caller names none. */
  readonly sessionId: string
  readonly say: (turn: { readonly conversationId: string, readonly text: string, readonly workflowId: string }) => Promise<Answer>
}

export type TurnDeskCode = 'TURNS_FULL' | 'STOPPING'

export class TurnDesk<Answer> {
  readonly #options: TurnDeskOptions<Answer>
  /** The last turn of each workflow that isn't answered yet. */
  readonly #lastByWorkflow = new Map<string, Promise<unknown>>()
  #turns = 0
  #closing = false
  #whenEmpty: (() => void) | undefined

  constructor (options: TurnDeskOptions<Answer>) { this.#options = options }

  get turns (): number { return this.#turns }

  async take ({ conversationId, text, sessionId }: Turn): Promise<Answer> {
    if (this.#closing) throw new CodedError<TurnDeskCode>('STOPPING', 'This gateway is stopping.', { retriable: true })
    if (this.#turns >= this.#options.turnsMax) throw new CodedError<TurnDeskCode>('TURNS_FULL', `${this.#turns} turns wait for their answer already.`, { retriable: true })
    const workflowId = `${conversationId}~${sessionId ?? this.#options.sessionId}`
    const before = this.#lastByWorkflow.get(workflowId) ?? Promise.resolve()
    this.#turns += 1
    const answering = before.then(() => this.#options.say({ conversationId, text, workflowId }))
    const settled = answering.then(() => {}, () => {})
    this.#lastByWorkflow.set(workflowId, settled)
    try {
      return await answering
    } finally {
      this.#turns -= 1
      if (this.#lastByWorkflow.get(workflowId) === settled) this.#lastByWorkflow.delete(workflowId)
      if (this.#turns === 0) this.#whenEmpty?.()
    }
  }

  /** Resolves when every turn is answered, or after `waitMs`. */
  async close (waitMs: number): Promise<void> {
    this.#closing = true
    if (this.#turns === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#whenEmpty = resolve
    const timer = setTimeout(resolve, waitMs)
    await promise
    clearTimeout(timer)
  }
}
