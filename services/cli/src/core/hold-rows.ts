// Legal holds as rows of a table and as lines.
//
// Invariants:
//   H1. A hold that can't be read is shown, as one that keeps everything: that is how the archiver takes it.
import { isoTime } from './iso-time.ts'
import { printable } from './printable.ts'

export interface ArchivedHold {
  readonly entity: string
  /** Null once it was released. */
  readonly after: unknown
  readonly who: string
  readonly why: string | null
  readonly atMs: number
}

export interface HoldLine {
  readonly holdId: string
  readonly from: string | null
  readonly to: string | null
  readonly workflow: string | null
  readonly agent: string | null
  readonly who: string
  readonly why: string | null
  readonly since: string
}

export const holdHeadings = ['hold', 'from', 'to', 'about', 'who', 'since', 'why']

const instantOf = (value: unknown): string | null => typeof value === 'number' && Number.isFinite(value) ? isoTime(value) : null
const textOf = (value: unknown): string | null => typeof value === 'string' ? value : null

/** Those in force, by id. */
export function holdLines (holds: readonly ArchivedHold[]): HoldLine[] {
  return holds.filter(({ after }) => after !== null).map(({ entity, after, who, why, atMs }) => {
    const { fromMs, toMs, workflow, agent } = (typeof after === 'object' ? after : {}) as Readonly<Record<string, unknown>>
    const [from, to] = [instantOf(fromMs), instantOf(toMs)]
    const isRead = from !== null && to !== null
    return {
      holdId: entity.slice('hold/'.length), from: isRead ? from : null, to: isRead ? to : null, workflow: textOf(workflow), agent: textOf(agent), who, why, since: isoTime(atMs)
    }
  }).sort((a, b) => a.holdId < b.holdId ? -1 : 1)
}

export function holdRows (lines: readonly HoldLine[]): string[][] {
  return lines.map(({ holdId, from, to, workflow, agent, who, why, since }) => [
    printable(holdId), from ?? 'everything', to ?? 'everything', aboutText(workflow, agent), printable(who), since, printable(why ?? '')
  ])
}

function aboutText (workflow: string | null, agent: string | null): string {
  const parts = [workflow === null ? '' : `workflow ${printable(workflow)}`, agent === null ? '' : `agent ${printable(agent)}`]
  return parts.filter(part => part !== '').join(', ')
}
