// Which agents there are: a projection of mesh.registry.
//
// G1. The newest record of a name is its current version; a tombstone removes one version, and the newest one left is current.
import type { AgentRegistration } from '@mesh/schemas'

interface Known { readonly registration: AgentRegistration, readonly offset: number }

export class Agents {
  readonly #byKey = new Map<string, Known>()

  put (key: string, registration: AgentRegistration, offset: number): void {
    this.#byKey.set(key, { registration, offset })
  }

  remove (key: string): void {
    this.#byKey.delete(key)
  }

  /** By name and version. */
  get (key: string): AgentRegistration | undefined { return this.#byKey.get(key)?.registration }

  /** Every version of every agent. */
  keys (): IterableIterator<string> { return this.#byKey.keys() }

  /** The current registration of each agent. */
  current (): AgentRegistration[] {
    const newest = new Map<string, Known>()
    for (const known of this.#byKey.values()) {
      const other = newest.get(known.registration.name)
      if (other === undefined || other.offset < known.offset) newest.set(known.registration.name, known)
    }
    return [...newest.values()].map(({ registration }) => registration)
  }
}
