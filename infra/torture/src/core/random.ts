// Random numbers that are a pure function of a seed and of what they are for, so that a run can be repeated, and a part of
// it computed without the parts before.

export interface Random {
  /** From 0, below 1. */
  share (): number
  /** A whole number, both bounds included. */
  between (least: number, most: number): number
  chance (probability: number): boolean
  pick<T> (from: readonly T[]): T
  shuffled<T> (items: readonly T[]): T[]
}

/** Seeds of different purposes give streams that have nothing to do with each other. */
export function randomOf (...purpose: readonly (string | number)[]): Random {
  let state = hashOf(purpose.join('/'))
  // Mulberry32: 32 bits of state are plenty for some thousand draws each.
  const share = (): number => {
    state = state + 0x6d2b79f5 | 0
    let mixed = Math.imul(state ^ state >>> 15, 1 | state)
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32
  }
  const between = (least: number, most: number): number => least + Math.floor(share() * (most - least + 1))
  return {
    share,
    between,
    chance: probability => share() < probability,
    pick: from => from[between(0, from.length - 1)]!,
    shuffled (items) {
      const rest = [...items]
      for (let i = rest.length - 1; i > 0; i--) {
        const j = between(0, i)
        ;[rest[i], rest[j]] = [rest[j]!, rest[i]!]
      }
      return rest
    }
  }
}

/** FNV-1a with a final mix. */
function hashOf (text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b)
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35)
  return hash ^ hash >>> 16
}
