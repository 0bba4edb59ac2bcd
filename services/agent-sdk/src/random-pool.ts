import { randomFillSync } from 'node:crypto'

const piecesAtOnce = 256

/**
 * Random bytes in pieces of one size, each given once. The system is asked for many of them together: asking costs more than what
 * is asked for.
 *
 * @example const next = randomPool(10); next() // ten new bytes
 */
export function randomPool (bytesEach: number): () => Uint8Array {
  let pool = new Uint8Array()
  let at = 0
  return () => {
    if (at === pool.length) {
      // A new one: pieces of the old one are still in somebody's hands.
      pool = randomFillSync(new Uint8Array(bytesEach * piecesAtOnce))
      at = 0
    }
    return pool.subarray(at, at += bytesEach)
  }
}
