import type { Agent, StartOptions } from '@mesh/agent-sdk'
import type { Settings } from '../config.ts'

/** Of the process's 10 s; the rest is for what stands before and after the agents. */
const agentsDrainMs = 5_000

export function startOptions (settings: Settings): StartOptions {
  return {
    brokers: settings.kafkaBrokers, schemaRegistryUrl: settings.schemaRegistryUrl, registryUrl: settings.registryUrl,
    namespace: settings.namespace, logLevel: settings.logLevel, healthPort: settings.healthPort, drainMs: agentsDrainMs
  }
}

export async function stopAll (agents: readonly Agent[]): Promise<void> {
  await Promise.all(agents.map(agent => agent.stop()))
}
