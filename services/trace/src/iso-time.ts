const instantMsMax = 8.64e15

/** A time that is none must not end its reader. */
export function isoTime (atMs: number): string {
  return Math.abs(atMs) <= instantMsMax ? new Date(atMs).toISOString() : 'unknown'
}
