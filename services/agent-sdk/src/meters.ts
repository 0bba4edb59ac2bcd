import type { Metrics } from '@mesh/runtime'
import { Counter, Gauge } from 'prom-client'
import type { Agent } from './agent.ts'
import { type CounterName, counterNames } from './counters.ts'

/** Shows each agent's health as metrics; read when they are scraped. */
export function meterAgents (agents: readonly Agent[], { registry }: Metrics): void {
  new Gauge({
    name: 'mesh_agent_now', help: 'Handlers that run, deliveries that wait and calls that wait for an answer.', labelNames: ['agent', 'what'], registers: [registry],
    collect () {
      for (const agent of agents) {
        const { running, queued, pendingCalls } = agent.health()
        this.set({ agent: agent.name, what: 'running' }, running)
        this.set({ agent: agent.name, what: 'queued' }, queued)
        this.set({ agent: agent.name, what: 'pending_calls' }, pendingCalls)
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
}
