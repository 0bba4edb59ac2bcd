// Random numbers that a seed gives again.

/**
 * mulberry32: uniform in [0, 1), from a 32-bit state. Good for spreading load, for nothing else.
 *
 * @example const random = randomFrom(7); random() // the same first number each time
 */
export function randomFrom (seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6D2B79F5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Picks an index by weight. Weights are positive in sum; built once, O(log n) a pick. */
export function weightedPick (weights: readonly number[]): (random: number) => number {
  const upTo: number[] = []
  let sum = 0
  for (const weight of weights) upTo.push(sum += weight)
  return random => {
    const wanted = random * sum
    let [low, high] = [0, upTo.length - 1]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (upTo[middle]! > wanted) high = middle
      else low = middle + 1
    }
    return low
  }
}
