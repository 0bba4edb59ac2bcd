import { setTimeout as pause } from 'node:timers/promises'

const lookEveryMs = 50

/** Resolves when the condition holds; rejects with what it last said after `withinMs`. */
export async function until<T> (look: () => Promise<T> | T, holds: (seen: T) => boolean, withinMs = 30_000): Promise<T> {
  const endMs = performance.now() + withinMs
  for (;;) {
    const seen = await look()
    if (holds(seen)) return seen
    if (performance.now() > endMs) throw new Error(`not within ${withinMs} ms; last seen: ${JSON.stringify(seen)}`)
    await pause(lookEveryMs)
  }
}
