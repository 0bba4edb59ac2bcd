// Which whole subtrees a run of leaves is made of. A subtree of level L holds 2^L leaves and begins at a multiple of that.

export interface Subtree {
  readonly level: number
  readonly position: number
}

export const leavesOf = (level: number): number => 2 ** level
export const beginOf = ({ level, position }: Subtree): number => position * leavesOf(level)

/** The fewest whole subtrees that are together the leaves from `from` up to `to`, from left to right. */
export function coverOf (from: number, to: number): Subtree[] {
  const cover: Subtree[] = []
  for (let next = from; next < to;) {
    let level = 0
    while (next % leavesOf(level + 1) === 0 && next + leavesOf(level + 1) <= to) level++
    cover.push({ level, position: next / leavesOf(level) })
    next += leavesOf(level)
  }
  return cover
}
