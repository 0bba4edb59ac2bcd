// What every question passes, whatever it asks: token, place, answer, record.
//
// Invariants:
//   K1. The record of a question is on its topic before the answer leaves. A stream has one before its first row and one at
//       its end.
//   K2. A place is given back exactly once, however the question ends.
//   K3. When the caller goes away, `signal` is aborted: what was asked of PostgreSQL is cancelled.
//   K4. What has no genuine token, or no place, is not recorded but counted: it asked the archive nothing, and whoever floods
//       would fill the topic.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { finished, Readable } from 'node:stream'
import type { ArchiveQuery } from '@mesh/schemas'
import { askerOf, callerOf, type Asker, type Caller } from './core/caller.ts'
import { apiCodes } from './core/codes.ts'
import type { Scope } from './core/event-filter.ts'
import type { QueryKind, QueryPlaces } from './core/query-places.ts'
import { ApiError } from './errors.ts'
import type { Refusal } from './problems.ts'
import type { TokenVerifier } from './tokens.ts'

export interface AskingPorts {
  readonly places: QueryPlaces
  readonly tokens: Pick<TokenVerifier, 'claims'>
  agentsOf (team: string): ReadonlySet<string>
  record (query: ArchiveQuery): Promise<void>
  nowMs (): number
  newId (): string
  onEnd (route: string, outcome: string, durationMs: number): void
}

/** One question, from its token to its record. */
interface Question {
  readonly id: string
  readonly startedMs: number
  readonly asker: Asker
  caller?: Caller
}

export interface Asked {
  readonly scope: Scope
  readonly signal: AbortSignal
}

/** A piece of a stream, and how many rows it holds. */
export interface Piece { readonly text: string, readonly rows: number }

export interface Answer<A> { readonly body: A, readonly rows: number }

interface Facts {
  readonly parameters: unknown
  readonly outcome: string
  readonly rows: number | null
}

const unrecorded: ReadonlySet<string> = new Set(['TOKEN_MISSING', 'TOKEN_INVALID', 'TOO_MANY_QUERIES', 'QUERY_UNRECORDED'])
const streamBytesAhead = 64 * 1024

export class Asking {
  readonly #ports: AskingPorts
  readonly #questions = new WeakMap<FastifyRequest, Question>()

  constructor (ports: AskingPorts) { this.#ports = ports }

  async authenticate (request: FastifyRequest): Promise<void> {
    const asker = askerOf(await this.#ports.tokens.claims(request.headers.authorization))
    const question: Question = { id: this.#ports.newId(), startedMs: performance.now(), asker }
    this.#questions.set(request, question)
    const caller = callerOf(asker)
    if ('problem' in caller) throw new ApiError('FORBIDDEN', caller.problem)
    question.caller = caller
  }

  /** Answers one value. */
  async answer<A> (request: FastifyRequest, reply: FastifyReply, parameters: unknown, ask: (asked: Asked) => Promise<Answer<A>>): Promise<A> {
    const { asked, leave } = this.#enter(request, reply, 'search')
    try {
      const { body, rows } = await ask(asked)
      await this.#record(request, 'ended', { parameters, outcome: 'answered', rows })
      return body
    } finally {
      leave()
    }
  }

  /** Answers a stream of texts. */
  async stream (request: FastifyRequest, reply: FastifyReply, parameters: unknown, ask: (asked: Asked) => AsyncGenerator<Piece>): Promise<Readable> {
    const { asked, leave } = this.#enter(request, reply, 'export')
    try {
      await this.#record(request, 'began', { parameters, outcome: 'began', rows: null })
    } catch (error) {
      leave()
      throw error
    }
    let rows = 0
    async function* texts (): AsyncGenerator<string> {
      for await (const piece of ask(asked)) {
        rows += piece.rows
        yield piece.text
      }
    }
    const readable = Readable.from(texts(), { objectMode: false, highWaterMark: streamBytesAhead })
    finished(readable, error => {
      leave()
      // Nobody is left to be told if this one can't be written; that it began is on the topic (K1).
      this.#record(request, 'ended', { parameters, outcome: streamOutcome(error, asked.signal), rows }).catch(() => undefined)
    })
    return readable
  }

  /** Records a refusal; what to tell the caller is another one if that fails. */
  async refused (request: FastifyRequest, refusal: Refusal): Promise<Refusal> {
    const { code, problems } = refusal
    const question = this.#questions.get(request)
    if (question === undefined || unrecorded.has(code)) {
      this.#ports.onEnd(routeOf(request), code, question === undefined ? 0 : performance.now() - question.startedMs)
      return refusal
    }
    try {
      await this.#record(request, 'ended', { parameters: { refusedFields: problems.map(({ field }) => field) }, outcome: code, rows: 0 })
      return refusal
    } catch {
      return { code: 'QUERY_UNRECORDED', detail: apiCodes.QUERY_UNRECORDED.doc, problems: [] }
    }
  }

  #enter (request: FastifyRequest, reply: FastifyReply, kind: QueryKind): { readonly asked: Asked, readonly leave: () => void } {
    const { who, role, team } = this.#questions.get(request)!.caller!
    const leave = this.#ports.places.take(kind, who)
    if (leave === undefined) throw new ApiError('TOO_MANY_QUERIES')
    const gone = new AbortController()
    const onClose = (): void => { if (!reply.raw.writableFinished) gone.abort() }
    reply.raw.once('close', onClose)
    if (reply.raw.destroyed) onClose()
    try {
      const scope: Scope = role === 'auditor' ? 'all' : this.#ports.agentsOf(team!)
      return { asked: { scope, signal: gone.signal }, leave }
    } catch (error) {
      leave()
      throw error
    }
  }

  async #record (request: FastifyRequest, phase: ArchiveQuery['phase'], { parameters, outcome, rows }: Facts): Promise<void> {
    const { id: queryId, startedMs, asker } = this.#questions.get(request)!
    const route = routeOf(request)
    const durationMs = phase === 'began' ? null : Math.round(performance.now() - startedMs)
    if (durationMs !== null) this.#ports.onEnd(route, outcome, durationMs)
    await this.#ports.record({ queryId, phase, atMs: this.#ports.nowMs(), ...asker, route, parameters: JSON.stringify(parameters), outcome, rows, durationMs })
  }
}

function streamOutcome (error: unknown, signal: AbortSignal): string {
  if (error === undefined || error === null) return 'answered'
  if (error instanceof ApiError) return error.code
  return signal.aborted ? 'CANCELLED' : 'INTERNAL'
}

const routeOf = ({ method, routeOptions }: FastifyRequest): string => `${method} ${routeOptions.url ?? 'unknown'}`
