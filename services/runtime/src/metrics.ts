import { collectDefaultMetrics, Registry } from 'prom-client'

export interface Metrics {
  readonly registry: Registry
}

/** A registry of this process's metrics, with Node's own; every series carries the process's name. */
export function createMetrics (processName: string): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels({ process: processName })
  collectDefaultMetrics({ register: registry })
  return { registry }
}
