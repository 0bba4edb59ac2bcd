// How many queries may run at once.
//
// G1. There is no queue: one more is refused at once, and the caller told when to come again. What waits here would keep a
//     caller waiting for longer than it would wait itself.
// G2. Exports, which take minutes, have places of their own, so that they can't hold back searches; one caller has half of
//     the places for searches at most.

export type QueryKind = 'search' | 'export'

export interface QueryPlaces {
  /** Gives the place back, once; undefined where there is none. */
  take (kind: QueryKind, who: string): (() => void) | undefined
  running (kind: QueryKind): number
}

export function createQueryPlaces ({ searchesMax, exportsMax }: { readonly searchesMax: number, readonly exportsMax: number }): QueryPlaces {
  const searchesMaxEach = Math.max(1, Math.floor(searchesMax / 2))
  const running = { search: 0, export: 0 }
  const searchesOf = new Map<string, number>()
  return {
    running: kind => running[kind],
    take (kind, who) {
      const own = searchesOf.get(who) ?? 0
      if (kind === 'export' ? running.export >= exportsMax : running.search >= searchesMax || own >= searchesMaxEach) return undefined
      running[kind]++
      if (kind === 'search') searchesOf.set(who, own + 1)
      let isGivenBack = false
      return () => {
        if (isGivenBack) return
        isGivenBack = true
        running[kind]--
        if (kind === 'export') return
        const left = (searchesOf.get(who) ?? 1) - 1
        if (left === 0) searchesOf.delete(who)
        else searchesOf.set(who, left)
      }
    }
  }
}
