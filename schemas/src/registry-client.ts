// The schema registry over HTTP: registration through @kafkajs/confluent-schema-registry, which has no call that lists versions;
// those few are made here.
//
// Every call ends: in its answer, or after requestMs as UNREACHABLE.
import { setTimeout as pause } from 'node:timers/promises'
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry'
import type { AvroRecord } from './avro-schema.ts'
import { SchemaRegistryError } from './registry-error.ts'

const requestMs = 5_000
const conflictAttempts = 3
const conflictPauseMs = 50
// Older versions than these can't be read; a subject gains one version per change of its schema.
const versionsMax = 500
export const compatibility = 'BACKWARD_TRANSITIVE'

export interface RegisteredVersion {
  readonly version: number
  readonly id: number
  readonly schema: AvroRecord
}

export class RegistryClient {
  readonly #url: string
  readonly #library: SchemaRegistry

  constructor (url: string) {
    this.#url = url.replace(/\/+$/, '')
    // Retrying is done by the caller, who knows until when.
    this.#library = new SchemaRegistry({ host: this.#url, retry: { retries: 0 } })
  }

  // Idempotent: the same schema keeps its id. Sets the subject's compatibility, also where somebody changed it.
  async register (subject: string, schema: AvroRecord): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#registerOnce(subject, schema)
      } catch (error) {
        // Two processes that register a new subject at once: one is told that it exists. The second time it is only looked up.
        if (!(error instanceof SchemaRegistryError) || error.code !== 'INCOMPATIBLE' || attempt === conflictAttempts) throw error
        await pause(attempt * conflictPauseMs)
      }
    }
  }

  async #registerOnce (subject: string, schema: AvroRecord): Promise<number> {
    const confluent = { type: SchemaType.AVRO, schema: JSON.stringify(schema) } as const
    const options = { subject, compatibility } as Parameters<SchemaRegistry['register']>[1]
    try {
      return (await this.#within(this.#library.register(confluent, options))).id
    } catch (error) {
      if ((error as Error).name !== 'ConfluentSchemaRegistryCompatibilityError') throw this.#explain(subject, error)
    }
    await this.#put(`/config/${encodeURIComponent(subject)}`, { compatibility })
    try {
      return (await this.#within(this.#library.register(confluent, options))).id
    } catch (error) {
      throw this.#explain(subject, error)
    }
  }

  async versions (subject: string): Promise<number[]> {
    const versions = await this.#get(`/subjects/${encodeURIComponent(subject)}/versions`) as number[]
    return versions.slice(-versionsMax)
  }

  async version (subject: string, version: number): Promise<RegisteredVersion> {
    const found = await this.#get(`/subjects/${encodeURIComponent(subject)}/versions/${version}`) as { id: number, schema: string }
    return { version, id: found.id, schema: JSON.parse(found.schema) as AvroRecord }
  }

  async subjects (): Promise<string[]> { return await this.#get('/subjects') as string[] }

  // Undefined where the subject may take the schema, else the registry's reason.
  async incompatibility (subject: string, version: number, schema: AvroRecord): Promise<string | undefined> {
    const path = `/compatibility/subjects/${encodeURIComponent(subject)}/versions/${version}?verbose=true`
    const answer = await this.#request('POST', path, { schema: JSON.stringify(schema) }) as { is_compatible: boolean, messages?: unknown }
    if (answer.is_compatible) return undefined
    return answer.messages === undefined ? 'the registry says: incompatible' : `the registry says: ${JSON.stringify(answer.messages)}`
  }

  #get (path: string): Promise<unknown> { return this.#request('GET', path) }
  #put (path: string, body: unknown): Promise<unknown> { return this.#request('PUT', path, body) }

  async #request (method: string, path: string, body?: unknown): Promise<unknown> {
    let response: Response
    try {
      response = await fetch(`${this.#url}${path}`, {
        method,
        signal: AbortSignal.timeout(requestMs),
        ...body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' } }
      })
      if (response.ok) return await response.json()
    } catch (error) {
      throw this.#unreachable(error)
    }
    const text = (await response.text().catch(() => '')).slice(0, 500)
    throw this.#refused(`${method} ${path}`, response.status, text)
  }

  async #within<T> (answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(this.#unreachable(new Error(`no answer within ${requestMs} ms`))), requestMs)
    })
    try {
      return await Promise.race([answer, late])
    } finally {
      clearTimeout(timer)
    }
  }

  #explain (subject: string, error: unknown): SchemaRegistryError {
    if (error instanceof SchemaRegistryError) return error
    const { status = 400, message } = error as Error & { status?: number }
    // The library's HTTP client gives a connection that failed the status 400; registries answer 404, 409 and 422.
    return status <= 400 ? this.#unreachable(error) : this.#refused(subject, status, message)
  }

  #unreachable (error: unknown): SchemaRegistryError {
    const cause = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).message
    return new SchemaRegistryError('UNREACHABLE', `the schema registry at ${this.#url} does not answer (${cause})`, error)
  }

  #refused (what: string, status: number, text: string): SchemaRegistryError {
    if (status === 409) {
      return new SchemaRegistryError('INCOMPATIBLE', `the schema registry at ${this.#url} refused ${what}: not ${compatibility} with a version it has (${text})`)
    }
    if (status >= 500 || status === 429) return new SchemaRegistryError('UNREACHABLE', `the schema registry at ${this.#url} answered ${status} to ${what} (${text})`)
    return new SchemaRegistryError('REFUSED', `the schema registry at ${this.#url} answered ${status} to ${what} (${text})`)
  }
}
