// The name of every topic.
//
// N1. All names of a mesh begin with its namespace, so that several share a broker.
// N2. No two agents' names give topics that collide. Kafka tells `.` and `_` apart in names but not in metric names and
//     refuses neither, so a name has neither.
// N3. A name is within Kafka's 249 characters.
export const priorities = [0, 1, 2, 3] as const
export type Priority = typeof priorities[number]

export const defaultNamespace = 'mesh'
const topicCharsMax = 249
const agentPattern = /^[a-z][a-z0-9-]{1,62}$/
const namespacePattern = /^[a-z][a-z0-9-]*$/
// `<namespace>.inbox.<agent>.p0` is the longest name that an agent gives rise to.
const agentCharsMax = 63
const namespaceCharsMax = topicCharsMax - '.inbox.'.length - agentCharsMax - '.p0'.length

export interface TopicNames {
  readonly namespace: string
  dispatch (priority: number): string
  readonly dispatchAll: readonly string[]
  inbox (agent: string, priority: number): string
  inboxAll (agent: string): string[]
  answers (agent: string): string
  readonly deferred: string
  readonly deadLetter: string
  readonly audit: string
  readonly registry: string
  readonly policies: string
  readonly quotas: string
  readonly circuits: string
  readonly pressure: string
  readonly throttles: string
  readonly alerts: string
  readonly changes: string
  readonly keys: string
  readonly checkpoints: string
  readonly queries: string
}

export class TopicNameError extends Error {
  override readonly name = 'TopicNameError'
  readonly code = 'NAMESPACE_INVALID'
  readonly retriable = false
}

export function topicNames (namespace: string = defaultNamespace): TopicNames {
  const problem = checkNamespace(namespace)
  if (problem !== undefined) throw new TopicNameError(problem)
  return {
    namespace,
    dispatch: priority => `${namespace}.dispatch.p${priority}`,
    dispatchAll: priorities.map(priority => `${namespace}.dispatch.p${priority}`),
    inbox: (agent, priority) => `${namespace}.inbox.${agent}.p${priority}`,
    inboxAll: agent => priorities.map(priority => `${namespace}.inbox.${agent}.p${priority}`),
    answers: agent => `${namespace}.answers.${agent}`,
    deferred: `${namespace}.deferred`,
    deadLetter: `${namespace}.dead-letter`,
    audit: `${namespace}.audit`,
    registry: `${namespace}.registry`,
    policies: `${namespace}.policies`,
    quotas: `${namespace}.quotas`,
    circuits: `${namespace}.circuits`,
    pressure: `${namespace}.pressure`,
    throttles: `${namespace}.throttles`,
    alerts: `${namespace}.alerts`,
    changes: `${namespace}.changes`,
    keys: `${namespace}.keys`,
    checkpoints: `${namespace}.checkpoints`,
    queries: `${namespace}.queries`
  }
}

export function checkNamespace (namespace: string): string | undefined {
  if (!namespacePattern.test(namespace)) return `the namespace ${JSON.stringify(namespace)} must be lower-case letters, digits and dashes, beginning with a letter`
  if (namespace.length > namespaceCharsMax) return `the namespace has ${namespace.length} characters; topics with agents' names in them leave room for ${namespaceCharsMax}`
  return undefined
}

// The problem with an agent's name, or undefined.
export function checkAgentName (name: string): string | undefined {
  if (typeof name !== 'string' || name === '') return 'an agent needs a name'
  if (name.length > agentCharsMax) return `the name has ${name.length} characters; at most ${agentCharsMax}`
  if (name.includes('.')) return `the name ${JSON.stringify(name)} has a dot, which separates the parts of a topic's name; use a dash`
  if (name.includes('_')) return `the name ${JSON.stringify(name)} has an underscore, which Kafka's metrics can't tell from a dot; use a dash`
  if (name.length < 2) return 'the name needs two characters at least'
  if (!agentPattern.test(name)) return `the name ${JSON.stringify(name)} must be lower-case letters, digits and dashes, beginning with a letter`
  return undefined
}
