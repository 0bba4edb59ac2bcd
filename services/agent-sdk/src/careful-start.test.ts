import { createLogger } from '@mesh/runtime'
import { describe, expect, test } from '@jest/globals'
import { CarefulStart, suspectsMax } from './careful-start.ts'
import { InFlight } from './core/in-flight.ts'
import type { Owned } from './inbox-offsets.ts'
import { StartMarks } from './start-marks.ts'

type Commits = Map<string, { offset: number, metadata: string | null }>
interface Item { readonly owned: Owned, readonly offset: number }

/** What the broker keeps for the group, for processes that come and go. */
const broker: () => Commits = () => new Map()

function start (commits: Commits, others: readonly string[] = []) {
  let isDown = false
  const marks = new StartMarks({
    commitOffsets: async offsets => {
      if (isDown) throw new Error('the broker is away')
      for (const { topic, partition, offset, metadata } of offsets) commits.set(`${topic}/${partition}`, { offset: Number(offset), metadata: metadata ?? null })
    }
  }, createLogger({ name: 'test', level: 'silent' }))
  marks.onMembers([marks.process, ...others])
  marks.onFound([...commits].map(([key, { metadata }]) => ({ topic: key.split('/')[0]!, partition: Number(key.split('/')[1]), metadata })))
  const owneds: Owned[] = []
  const commitAll = async (): Promise<void> => {
    for (const { key, inFlight, committed } of owneds) {
      if (inFlight!.commitOffset() > committed) commits.set(key, { offset: inFlight!.commitOffset(), metadata: null })
    }
  }
  const careful = new CarefulStart<Item>(marks, 4, commitAll)
  const own = (partition: number): Owned => {
    const first = commits.get(`t/${partition}`)?.offset ?? 0
    const owned: Owned = { key: `t/${partition}`, topic: 't', partition, priority: 2, running: new Set(), inFlight: new InFlight(first), committed: first }
    owneds.push(owned)
    return owned
  }
  const read = (owned: Owned): Item => {
    const offset = owned.inFlight!.nextOffset
    owned.inFlight!.take(offset)
    return { owned, offset }
  }
  const commit = (owned: Owned): void => { commits.set(owned.key, { offset: owned.inFlight!.commitOffset(), metadata: null }) }
  return { marks, careful, own, read, commit, breakDown: () => { isDown = true } }
}

/** Starts at partition 0 until nothing there ends the process any more; offsets of poison in `kills`. */
async function startsUntilCalm (kills: ReadonlySet<number>, records: number, commits = broker()) {
  const setAside: number[] = []
  let starts = 0
  for (let isCalm = false; !isCalm; starts++) {
    expect(starts).toBeLessThan(60)
    const { careful, own, read, commit } = start(commits)
    const owned = own(0)
    await careful.begin(owned, 4)
    isCalm = true
    const ordinary: Item[] = []
    while (owned.inFlight!.nextOffset < records) {
      const item = read(owned)
      if (!careful.takes(item)) ordinary.push(item)
    }
    while (careful.waiting > 0 && isCalm) {
      await careful.runNext(async ({ offset }, crashes) => {
        if (crashes !== undefined) setAside.push(offset)
        else if (kills.has(offset)) isCalm = false
        if (isCalm) owned.inFlight!.done(offset)
      })
    }
    // All at once, and none gets done before the process ends.
    if (isCalm && ordinary.some(({ offset }) => kills.has(offset))) isCalm = false
    else if (isCalm) ordinary.forEach(({ offset }) => owned.inFlight!.done(offset))
    if (isCalm) commit(owned)
  }
  return { setAside, crashes: starts - 1, committed: commits.get('t/0')!.offset }
}

describe('a record that ends its process', () => {
  test('is set aside after four, and the rest is handled', async () => {
    expect(await startsUntilCalm(new Set([0]), 3)).toEqual({ setAside: [0], crashes: 4, committed: 3 })
  })

  test('behind others that were begun with it is found, and they are not taken for it', async () => {
    expect(await startsUntilCalm(new Set([2]), 5)).toEqual({ setAside: [2], crashes: 4, committed: 5 })
  })

  test('far behind is found, too', async () => {
    const { setAside, committed } = await startsUntilCalm(new Set([37]), 60)
    expect([setAside, committed]).toEqual([[37], 60])
  })

  test('and is one of several is set aside like them', async () => {
    const { setAside, committed } = await startsUntilCalm(new Set([0, 1, 6]), 10)
    expect([setAside, committed]).toEqual([[0, 1, 6], 10])
  })
})

describe('what happens to be unfinished where another record ends the process', () => {
  test('is never set aside, in whichever partition it lies', async () => {
    const commits = broker()
    const setAside: string[] = []
    for (let starts = 0; starts < 12; starts++) {
      const { careful, own, read } = start(commits)
      const [poison, slow] = [own(0), own(1)]
      for (const owned of [slow, poison]) {
        await careful.begin(owned, 4)
        careful.takes(read(owned))
      }
      let isDead = false
      // The slow one is never done: in a careful start it would run alone and end well.
      while (careful.waiting > 0 && !isDead) {
        await careful.runNext(async ({ owned, offset }, crashes) => {
          if (crashes !== undefined) setAside.push(owned.key)
          else if (owned === poison) isDead = true
          if (!isDead) owned.inFlight!.done(offset)
        })
      }
      if (setAside.length > 0) break
    }
    expect(setAside).toEqual(['t/0'])
  })

  test('counts nothing where its instance still runs, or has stopped in good order', async () => {
    const commits = broker()
    const first = start(commits)
    const owned = first.own(0)
    await first.careful.begin(owned, 4)
    first.read(owned)
    const beside = start(commits, [first.marks.process])
    expect(beside.marks.crashes(beside.own(0))).toBe(0)
    const after = start(commits)
    expect(after.marks.crashes(after.own(0))).toBe(1)
    await first.marks.withdraw()
    const later = start(commits)
    expect(later.marks.crashes(later.own(0))).toBe(0)
  })

  test('counts nothing more once the partition has moved on', async () => {
    const commits = broker()
    const first = start(commits)
    const owned = first.own(0)
    await first.careful.begin(owned, 4)
    first.read(owned)
    owned.inFlight!.done(0)
    first.commit(owned)
    await first.marks.withdraw()
    expect(commits.get('t/0')).toEqual({ offset: 1, metadata: null })
  })
})

describe('a careful start', () => {
  const suspicious = (): Commits => new Map([['t/0', { offset: 0, metadata: 'm1 1 gone' }]])

  test('takes no more than so many, however many could run at once', async () => {
    const { careful, own, read } = start(suspicious())
    const owned = own(0)
    await careful.begin(owned, 1_000)
    const taken = Array.from({ length: 40 }, () => careful.takes(read(owned))).filter(Boolean)
    expect(taken).toHaveLength(suspectsMax)
  })

  test('runs one at a time', async () => {
    const { careful, own, read } = start(suspicious())
    const owned = own(0)
    await careful.begin(owned, 4)
    careful.takes(read(owned))
    careful.takes(read(owned))
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    const ran: number[] = []
    const first = careful.runNext(({ offset }) => {
      ran.push(offset)
      return held
    })
    await careful.runNext(async ({ offset }) => { ran.push(offset) })
    await new Promise(setImmediate)
    expect([ran, careful.isAlone]).toEqual([[0], true])
    release()
    await first
    expect(careful.isAlone).toBe(true)
  })

  test('runs nothing that could not be marked, and nothing whose partition has gone', async () => {
    const { careful, own, read, breakDown } = start(suspicious())
    const owned = own(0)
    await careful.begin(owned, 4)
    careful.takes(read(owned))
    breakDown()
    await careful.runNext(async () => { throw new Error('was run') })
    expect(careful.waiting).toBe(1)
    careful.lose(owned)
    expect(careful.isAlone).toBe(false)
  })

  test('of a partition that could not be marked is tried again', async () => {
    const { careful, own, breakDown } = start(broker())
    breakDown()
    expect(await careful.begin(own(0), 4)).toBe(false)
  })
})
