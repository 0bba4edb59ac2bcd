// Follows the topics and the archive while the run goes on, and knows what is still to come.
import { type Entry, type Fate, type Forgotten, isLogged, placeOf, type Progress } from './core/history.ts'
import { ForgottenOffsets } from './reader/forgotten-offsets.ts'
import type { MeshEntries } from './reader/mesh-entries.ts'
import { archivedCount, archivedRows, archiveProgress } from './reader/archive-rows.ts'
import { type ReadRecord, TopicLogs } from './reader/topic-logs.ts'

const lettingIn: ReadonlySet<string> = new Set(['delivered', 'deferred'])

export class Collector {
  readonly #logs: TopicLogs
  readonly #entries: Entry[] = []
  readonly #progress: Progress[] = []
  readonly #forgotten: Forgotten[] = []
  readonly #forgottenOffsets: ForgottenOffsets
  readonly #meshEntries: MeshEntries
  readonly #databaseUrl: string
  readonly #admitted = new Set<string>()
  readonly #unadmitted = new Set<string>()
  readonly #pending = new Set<string>()
  readonly #ended = new Set<string>()
  readonly #deferred = new Set<string>()
  /** Of events that agents should handle; their ids. */
  readonly deliveredEvents = new Set<string>()
  readonly outcomes: Record<string, number> = {}
  readonly reasons: Record<string, number> = {}
  readonly counts: Record<Entry['kind'] | 'aborted', number> = {
    ingress: 0, delivery: 0, notice: 0, audit: 0, deferred: 0, 'dead-letter': 0, commit: 0, forgotten: 0, intent: 0, acked: 0, answered: 0, handled: 0, archived: 0, progress: 0, aborted: 0
  }

  events = 0
  readErrors = 0

  constructor (broker: string, databaseUrl: string, meshEntries: MeshEntries) {
    this.#meshEntries = meshEntries
    this.#databaseUrl = databaseUrl
    this.#forgottenOffsets = new ForgottenOffsets(broker)
    this.#logs = new TopicLogs(broker, topic => meshEntries.isWanted(topic))
  }

  /** What was appended since; false when the broker could not be read. */
  async readOn (): Promise<boolean> {
    try {
      await this.#logs.readOn(record => this.#take(record))
      this.#forgotten.push(...await this.#forgottenOffsets.look(Date.now()))
      this.counts.forgotten = this.#forgotten.length
      return true
    } catch {
      this.readErrors++
      return false
    }
  }

  /** What the archiver says of itself, now; false when the database could not be asked. */
  async sampleArchive (): Promise<boolean> {
    const sample = await archiveProgress(this.#databaseUrl).catch(() => undefined)
    this.#progress.push(...sample ?? [])
    return sample !== undefined
  }

  /** What has no decision, no outcome or no end yet. */
  get unsettled (): { readonly unadmitted: number, readonly pending: number, readonly deferred: number } {
    return { unadmitted: this.#unadmitted.size, pending: this.#pending.size, deferred: this.#deferred.size }
  }

  /** Events that are not in the archive yet; undefined when the database could not be asked. */
  async unarchived (): Promise<number | undefined> {
    const rows = await archivedCount(this.#databaseUrl).catch(() => undefined)
    return rows === undefined ? undefined : Math.max(0, this.events - rows)
  }

  /** All of it, with what is left of open transactions, and the archive's rows. */
  async history (): Promise<Entry[]> {
    const open = this.#logs.open().flatMap(record => this.#meshEntries.entryOf(record) ?? [])
    const rows = await archivedRows(this.#databaseUrl)
    this.counts.archived = rows.length
    return [...this.#entries, ...open, ...this.#forgotten, ...this.#progress, ...rows]
  }

  close (): void {
    this.#logs.close()
    this.#forgottenOffsets.close()
  }

  #take (record: ReadRecord): void {
    const entry = this.#meshEntries.entryOf(record)
    if (entry === undefined || !isLogged(entry)) return
    this.#entries.push(entry)
    this.counts[entry.kind]++
    const fate: Fate = entry.fate
    if (fate !== 'committed') {
      this.counts.aborted++
      return
    }
    if (entry.kind === 'commit') this.#forgottenOffsets.committed(entry)
    if (entry.kind === 'ingress' && !this.#admitted.has(placeOf(entry))) this.#unadmitted.add(placeOf(entry))
    if (entry.kind === 'audit') this.#takeEvent(entry)
    if (entry.kind === 'deferred') this.#deferred[entry.isTombstone ? 'delete' : 'add'](`${entry.partition}:${entry.key}`)
    if (entry.kind === 'delivery' && entry.to === 'inbox' && entry.type === 'event' && entry.token !== null) this.deliveredEvents.add(entry.id)
  }

  #takeEvent ({ eventId, decision, type, id, outcome, reason }: Extract<Entry, { kind: 'audit' }>): void {
    if (decision === 'restated') return
    this.events++
    this.#admitted.add(eventId)
    this.#unadmitted.delete(eventId)
    if (outcome !== null) this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1
    if (reason !== null) this.reasons[reason] = (this.reasons[reason] ?? 0) + 1
    if (id === null || type !== 'request') return
    if (lettingIn.has(decision) && !this.#ended.has(id)) this.#pending.add(id)
    if (outcome === null || lettingIn.has(decision)) return
    this.#ended.add(id)
    this.#pending.delete(id)
  }
}
