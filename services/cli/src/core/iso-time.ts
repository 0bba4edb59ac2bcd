const instantMsMax = 8.64e15

/** A time that is none must not end the command. */
export function isoTime (atMs: number): string {
  return Math.abs(atMs) <= instantMsMax ? new Date(atMs).toISOString() : 'unknown'
}

/** The time of day of what `isoTime` answered, in UTC. */
export function clockTime (iso: string): string {
  return iso === 'unknown' ? iso : iso.slice(iso.indexOf('T') + 1, -1)
}
