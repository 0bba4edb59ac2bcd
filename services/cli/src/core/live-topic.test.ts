import { expect, test } from '@jest/globals'
import { topicNames } from '@mesh/topics'
import { isMeshTopic } from './live-topic.ts'

const names = topicNames('other-mesh')

test.each([...names.dispatchAll, names.audit, names.deferred, names.changes, ...names.inboxAll('lead-bot'), names.answers('lead-bot')])('%s is one of a mesh', topic => {
  expect(isMeshTopic(topic)).toBe(true)
})

test.each(['audit', 'audit-again', 'mesh.audit-again', 'mesh.audit.copy', 'mesh.inbox.lead-bot', 'my.mesh.audit', 'meshXaudit'])('%s is not', topic => {
  expect(isMeshTopic(topic)).toBe(false)
})
