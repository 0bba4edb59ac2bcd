import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { QueryPlaces } from './core/query-places.ts'

/** Answers what counts a query that ended. */
export function registerMetrics (registry: Registry, places: QueryPlaces): (route: string, outcome: string, durationMs: number) => void {
  const registers = [registry]
  const queries = new Counter({ name: 'mesh_audit_api_queries_total', help: 'Queries by how they ended: answered, or a code.', labelNames: ['route', 'outcome'], registers })
  const durations = new Histogram({ name: 'mesh_audit_api_query_seconds', help: 'From the request to its record.', labelNames: ['route'], buckets: [0.01, 0.03, 0.1, 0.2, 0.5, 1, 3, 10, 60], registers })
  new Gauge({
    name: 'mesh_audit_api_running_queries', help: 'Queries that run now.', labelNames: ['kind'], registers,
    collect () { for (const kind of ['search', 'export'] as const) this.set({ kind }, places.running(kind)) }
  })
  return (route, outcome, durationMs) => {
    queries.inc({ route, outcome })
    durations.observe({ route }, durationMs / 1_000)
  }
}
