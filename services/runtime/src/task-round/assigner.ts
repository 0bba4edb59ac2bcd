// Which member owns which task. Task i is partition i of every topic, so a member gets whole tasks.
//
// Invariants:
//   A1. Each task goes to exactly one member.
//   A2. No member has more than one task more than another.
//   A3. A member keeps what it had unless A2 forbids it, so as few tasks move as possible.
//   A4. Of what a member has, it keeps what it names first: those it has had longest. So when a restarted member comes back for
//       its share, the tasks that its end had interrupted move again, and no others stand still.
//   A5. Where two members say that they have a task, the later claim is believed: the other is a returned zombie.

/** A task that a member runs, and the changelog offset of its claim: later owners have higher ones. */
export interface OwnedTask {
  readonly task: number
  readonly claimOffset: number
}

export interface Member {
  readonly id: string
  /** Those it has had longest come first. */
  readonly owned: readonly OwnedTask[]
}

export function assignTasks (taskCount: number, members: readonly Member[]): Map<string, number[]> {
  const inOrder = [...members].sort((a, b) => a.id < b.id ? -1 : 1)
  const owners = latestOwners(taskCount, inOrder)
  const held = new Map(inOrder.map(({ id, owned }) => [id, [...new Set(owned.map(({ task }) => task))].filter(task => owners.get(task) === id)]))
  const assigned = trimmed(taskCount, held)
  const taken = new Set([...assigned.values()].flat())
  for (let task = 0; task < taskCount && assigned.size > 0; task++) {
    if (!taken.has(task)) smallest(assigned).push(task)
  }
  return assigned
}

function latestOwners (taskCount: number, members: readonly Member[]): Map<number, string> {
  const latest = new Map<number, { readonly id: string, readonly claimOffset: number }>()
  for (const { id, owned } of members) {
    for (const { task, claimOffset } of owned) {
      if (!Number.isInteger(task) || task < 0 || task >= taskCount) continue
      if (claimOffset > (latest.get(task)?.claimOffset ?? -1)) latest.set(task, { id, claimOffset })
    }
  }
  return new Map([...latest].map(([task, { id }]) => [task, id]))
}

/** What each may keep: those with most come first, so that the members allowed one more are those who have it already. */
function trimmed (taskCount: number, held: ReadonlyMap<string, readonly number[]>): Map<string, number[]> {
  const few = Math.floor(taskCount / held.size)
  let mayHaveOneMore = taskCount % held.size
  const kept = new Map<string, number[]>([...held.keys()].map(id => [id, []]))
  for (const [id, own] of [...held].sort(([, a], [, b]) => b.length - a.length)) {
    const keepsOneMore = own.length > few && mayHaveOneMore > 0
    if (keepsOneMore) mayHaveOneMore--
    kept.set(id, own.slice(0, keepsOneMore ? few + 1 : few))
  }
  return kept
}

function smallest (assigned: ReadonlyMap<string, number[]>): number[] {
  let least: number[] | undefined
  for (const tasks of assigned.values()) if (least === undefined || tasks.length < least.length) least = tasks
  return least!
}
