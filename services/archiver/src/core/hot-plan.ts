// What the upkeep of the hot tier does next: how much of the past it reads at once, when it stops, what makes room.
//
// U1. The past is read newest first, slice by slice; `since` falls to where a slice began only when all of it is there. So what
//     was read is never read again, whoever goes on.
// U2. Of Redis's own bound, the hot tier leaves a fifth to everybody else (quotas are counted there), and stops writing before it.
// U3. Room is made from the oldest hour on. Reading the past stops well below the bound, so that it isn't thrown out again.
// U4. Hours that came before what is still to be read make room for it: an archive that catches up writes old hours first, and nobody
//     believes the tier what lies before `since`.

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

export interface Slice { readonly fromMs: number, readonly toMs: number }

export const sliceMsFirst = 10 * minuteMs
const sliceMsMin = 10_000
const sliceMsMax = dayMs
const sliceEventsFew = 2_000
const sliceEventsMany = 20_000

/** Undefined where all that is hot is covered. */
export function nextSlice (sinceMs: number, sliceMs: number, nowMs: number, hotMs: number): Slice | undefined {
  const horizonMs = nowMs - hotMs
  if (sinceMs <= horizonMs) return undefined
  return { fromMs: Math.max(horizonMs, Math.min(sinceMs, nowMs) - sliceMs), toMs: sinceMs }
}

export function sliceMsAfter (sliceMs: number, events: number): number {
  if (events < sliceEventsFew) return Math.min(sliceMsMax, sliceMs * 2)
  return events > sliceEventsMany ? Math.max(sliceMsMin, Math.floor(sliceMs / 2)) : sliceMs
}

export interface Room {
  /** What the tier takes, and may take. */
  readonly bytes: number
  readonly bytesMax: number
  /** What Redis takes, and may take. */
  readonly usedBytes: number
  readonly redisBytesMax: number
}

const evictAbove = 0.95
const writeUpTo = 1.1
const fillBelow = 0.8
const shareOfRedis = 0.8
const fillShareOfRedis = 0.65

export const leavesRoom = ({ usedBytes, redisBytesMax }: Pick<Room, 'usedBytes' | 'redisBytesMax'>): boolean => usedBytes <= redisBytesMax * shareOfRedis
export const mustEvict = (room: Room): boolean => room.bytes > room.bytesMax * evictAbove || !leavesRoom(room)
export const mayWrite = (room: Room): boolean => room.bytes <= room.bytesMax * writeUpTo && leavesRoom(room)
export const mayFill = ({ bytes, bytesMax, usedBytes, redisBytesMax }: Room): boolean =>
  bytes < bytesMax * fillBelow && usedBytes < redisBytesMax * fillShareOfRedis

/** Whether the oldest hour takes the room of a slice that should be there before it. */
export const isInTheWay = (oldestHourEndMs: number, slice: Slice | undefined, room: Room): boolean =>
  slice !== undefined && !mayFill(room) && oldestHourEndMs <= slice.fromMs

/** How long to wait so that no more than so many events a second are read. */
export function pauseMsFor (events: number, tookMs: number, eventsPerS: number): number {
  return Math.max(0, events / eventsPerS * 1000 - tookMs)
}
