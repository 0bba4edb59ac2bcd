// Whether a topic is one of a mesh: what is written there is taken for what the mesh itself said.
//
// Invariants:
//   L1. By the catalogue alone, whatever the namespace: another mesh on the same brokers is a live one, too.
import { agentCatalogue, catalogue } from '@mesh/topics'

const agentName = '[a-z][a-z0-9-]{0,62}'
const escaped = (name: string): string => name.replaceAll('.', '\\.')
const patterns = [...catalogue, ...agentCatalogue].map(({ name }) => new RegExp(`^[a-z][a-z0-9-]*\\.${escaped(name).replace('<agent>', agentName)}$`))

export const isMeshTopic = (topic: string): boolean => patterns.some(pattern => pattern.test(topic))
