export { isoTime } from '@mesh/trace'

/** The time of day of what `isoTime` answered, in UTC. */
export function clockTime (iso: string): string {
  return iso === 'unknown' ? iso : iso.slice(iso.indexOf('T') + 1, -1)
}
