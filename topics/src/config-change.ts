// Which changes of a topic's settings can take something away, and what.
//
// A setting that isn't named here is safe to change: it says how the log is kept, not what stays in it.

// Undefined for a safe change, else what it may cost.
export function risk (name: string, from: string | undefined, to: string): string | undefined {
  switch (name) {
    case 'cleanup.policy': return cleanupRisk(policies(from ?? 'delete'), policies(to))
    case 'retention.ms':
    case 'retention.bytes':
    case 'local.retention.ms':
    case 'local.retention.bytes': return smaller(from, to) ? 'records older than the new bound are deleted' : undefined
    case 'delete.retention.ms': return smaller(from, to) ? 'a reader that is slower than the new bound misses tombstones' : undefined
    case 'min.compaction.lag.ms': return smaller(from, to) ? 'readers that see every version have less time for it' : undefined
    case 'max.message.bytes': return smaller(from, to) ? 'records that were accepted before are refused' : undefined
    case 'message.timestamp.type': return to === 'LogAppendTime' ? undefined : 'deadlines would follow the clocks of producers'
    case 'min.insync.replicas': return smaller(from, to) ? 'acknowledged records are on fewer replicas' : undefined
    case 'unclean.leader.election.enable': return to === 'true' ? 'acknowledged records may be lost' : undefined
    default: return undefined
  }
}

function cleanupRisk (from: ReadonlySet<string>, to: ReadonlySet<string>): string | undefined {
  if (to.has('compact') && !from.has('compact')) return 'older records of a key are removed'
  if (to.has('delete') && !from.has('delete')) return 'records older than the retention are deleted'
  return undefined
}

const policies = (value: string): ReadonlySet<string> => new Set(value.split(',').map(part => part.trim()))

// -1 is no bound. Where the value before isn't known, the change asks first.
function smaller (from: string | undefined, to: string): boolean {
  return bound(to) < (from === undefined ? Infinity : bound(from))
}

const bound = (value: string): number => value === '-1' ? Infinity : Number(value)
