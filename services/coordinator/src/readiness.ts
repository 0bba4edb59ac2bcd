// Whether this coordinator can really work: its tasks run, and what it knows of the agents is what the topic says.
import type { TaskRunner } from '@mesh/runtime'
import type { ControlReader } from './control-reader.ts'

export function readinessChecks (runner: TaskRunner, { registry, quotas, keys }: ControlReader['tables']): Record<string, () => string | undefined> {
  return {
    tasks () {
      const { joined, tasks } = runner.state()
      if (!joined) return 'not a member of the group yet'
      const waiting = tasks.filter(({ status }) => status !== 'running')
      return waiting.length === 0 ? undefined : `tasks not running: ${waiting.map(({ task, status }) => `${task} ${status}`).join(', ')}`
    },
    registry: () => registry.problem(Date.now()),
    quotas: () => quotas.problem(Date.now()),
    // A revocation that isn't heard of is none.
    keys: () => keys.problem(Date.now())
  }
}
