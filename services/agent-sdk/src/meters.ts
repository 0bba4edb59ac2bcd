import type { Metrics } from '@mesh/runtime'
import { Counter, Gauge, Histogram } from 'prom-client'
import type { Agent } from './agent.ts'
import { partsOf } from './agent-parts.ts'
import { type CounterName, counterNames } from './counters.ts'

/** Around the maximum latencies of the classes: 0.2, 0.5, 2 and 10 s. */
const latencyBucketsS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 1, 2, 5, 10, 30, 120]

/** Shows each agent's health as metrics, read when they are scraped, and how long deliveries took to their handlers. */
export function meterAgents (agents: readonly Agent[], { registry }: Metrics): void {
  new Gauge({
    name: 'mesh_agent_now', help: 'Handlers that run, deliveries that wait, calls that wait for an answer, dispatches held back, and whether it is over its quota.', labelNames: ['agent', 'what'], registers: [registry],
    collect () {
      for (const agent of agents) {
        const { running, queued, pendingCalls, paced, slowDown } = agent.health()
        this.set({ agent: agent.name, what: 'running' }, running)
        this.set({ agent: agent.name, what: 'queued' }, queued)
        this.set({ agent: agent.name, what: 'pending_calls' }, pendingCalls)
        this.set({ agent: agent.name, what: 'paced' }, paced)
        this.set({ agent: agent.name, what: 'slowed_down' }, slowDown === undefined ? 0 : 1)
      }
    }
  })
  for (const name of Object.keys(counterNames) as CounterName[]) {
    new Counter({
      name: `mesh_agent_${name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)}_total`, help: counterNames[name], labelNames: ['agent'], registers: [registry],
      collect () {
        this.reset()
        for (const agent of agents) this.inc({ agent: agent.name }, agent.health().counts[name])
      }
    })
  }
  const latency = new Histogram({
    name: 'mesh_agent_delivery_latency_seconds', help: 'From the append of a dispatch to the start of its handler, by this process\'s clock.',
    labelNames: ['agent', 'priority'], buckets: latencyBucketsS, registers: [registry]
  })
  for (const agent of agents) partsOf(agent).begun.add(({ priority, latencyMs }) => latency.observe({ agent: agent.name, priority }, latencyMs / 1_000))
}
