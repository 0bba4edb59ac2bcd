// Whether this coordinator can really work: its tasks run, and what it knows of the agents is what the topic says.
import type { CompactedTable, TaskRunner } from '@mesh/runtime'

export function readinessChecks (runner: TaskRunner, registry: CompactedTable): Record<string, () => string | undefined> {
  return {
    tasks () {
      const { joined, tasks } = runner.state()
      if (!joined) return 'not a member of the group yet'
      const waiting = tasks.filter(({ status }) => status !== 'running')
      return waiting.length === 0 ? undefined : `tasks not running: ${waiting.map(({ task, status }) => `${task} ${status}`).join(', ')}`
    },
    registry: () => registry.isFresh(Date.now()) ? undefined : 'what is known of the agents may be out of date: the end of mesh.registry was not reached lately'
  }
}
