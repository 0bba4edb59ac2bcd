// Which team owns which agent, from the registrations.
//
// T1. An agent is owned by the team of its current version: the registration with the highest offset.
// T2. Ownership is as of now, for all of an agent's events, old ones too. Who gave an agent away sees nothing of it any more;
//     an agent whose registrations are all taken away is nobody's, and its events are for auditors alone.

export interface Teams {
  put (key: string, registration: { readonly name: string, readonly ownerTeam: string }, offset: number): void
  remove (key: string): void
  agentsOf (team: string): ReadonlySet<string>
}

interface Registered { readonly name: string, readonly team: string, readonly offset: number }

export function createTeams (): Teams {
  const byKey = new Map<string, Registered>()
  let agentsByTeam: Map<string, Set<string>> | undefined
  return {
    put (key, { name, ownerTeam }, offset) {
      byKey.set(key, { name, team: ownerTeam, offset })
      agentsByTeam = undefined
    },
    remove (key) { if (byKey.delete(key)) agentsByTeam = undefined },
    agentsOf (team) { return (agentsByTeam ??= grouped(byKey.values())).get(team) ?? new Set() }
  }
}

function grouped (registered: Iterable<Registered>): Map<string, Set<string>> {
  const current = new Map<string, Registered>()
  for (const each of registered) if (each.offset > (current.get(each.name)?.offset ?? -1)) current.set(each.name, each)
  const agents = new Map<string, Set<string>>()
  for (const { name, team } of current.values()) agents.set(team, (agents.get(team) ?? new Set()).add(name))
  return agents
}
