import { Counter, Gauge, type Registry } from 'prom-client'
import type { RetentionPass } from './retention.ts'

export function registerRetentionMetrics (registry: Registry): (pass: RetentionPass) => void {
  const registers = [registry]
  const dropped = new Counter({ name: 'mesh_archiver_dropped_days_total', help: 'Days that were older than what is kept, and dropped.', registers })
  const held = new Gauge({ name: 'mesh_archiver_held_days', help: 'Days that only a legal hold keeps.', registers })
  return pass => {
    dropped.inc(pass.dropped.length)
    held.set(pass.held.length)
  }
}
