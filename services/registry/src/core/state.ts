// What the registry knows: a projection of mesh.registry.
//
// S1. Nothing is known that is not in the topic; records are applied in offset order.
// S2. The newest record of a name is its current version; a tombstone removes one version, and the newest one left is current.

import type { AgentRegistration } from '@mesh/schemas'

export interface Registered {
  readonly registration: AgentRegistration
  readonly offset: number
}

export interface RegistryState {
  /** Every known version, by `name@version`. */
  readonly byKey: ReadonlyMap<string, Registered>
  /** The current version of each agent, by name. */
  readonly currentByName: ReadonlyMap<string, Registered>
}

export interface RegistryProjection extends RegistryState {
  put (key: string, registered: Registered): void
  remove (key: string): void
}

export function registrationKey (name: string, version: string): string {
  return `${name}@${version}`
}

export function createProjection (): RegistryProjection {
  const byKey = new Map<string, Registered>()
  const currentByName = new Map<string, Registered>()
  return {
    byKey,
    currentByName,
    put (key, registered) {
      byKey.set(key, registered)
      currentByName.set(registered.registration.name, registered)
    },
    remove (key) {
      const name = byKey.get(key)?.registration.name
      if (name === undefined) return
      byKey.delete(key)
      const newest = versionsOf({ byKey, currentByName }, name)[0]
      if (newest === undefined) currentByName.delete(name)
      else currentByName.set(name, newest)
    }
  }
}

/** The known versions of an agent, newest record first. */
export function versionsOf (state: RegistryState, name: string): Registered[] {
  return [...state.byKey.values()]
    .filter(known => known.registration.name === name)
    .sort((a, b) => b.offset - a.offset)
}
