// Retention with what it needs: the owner's login, and the end of mesh.changes.

import { createKafka, type Logger } from '@mesh/runtime'
import { topicNames } from '@mesh/topics'
import { openConnections } from './connections.ts'
import type { Archive } from './postgres.ts'
import type { ArchiverOptions } from './process.ts'
import { startRetention, type Retention, type RetentionPass } from './retention.ts'

export type OpenRetention = Retention

/** Undefined where everything is kept. */
export async function openRetention (
  options: ArchiverOptions, database: Archive, onPass: (pass: RetentionPass) => void, logger: Logger
): Promise<OpenRetention | undefined> {
  const { namespace, retentionDays, kafkaBrokers: brokers, databaseUrl, ownerUrl = databaseUrl, auditSchema: schema } = options
  if (retentionDays === undefined) return undefined
  const { changes } = topicNames(namespace)
  const admin = createKafka({ brokers, clientId: `${namespace}.archiver.retention`, logger }).admin()
  await admin.connect()
  const connections = openConnections({ databaseUrl: ownerUrl, connectionsMax: 1, logger })
  const isCaughtUp = async (): Promise<boolean> => {
    const ends = await admin.fetchTopicOffsets(changes)
    const archivedTo = await Promise.all(ends.map(end => database.nextOffset(changes, end.partition)))
    return ends.length > 0 && ends.every((end, index) => archivedTo[index]! >= Number(end.high))
  }
  const retention = startRetention({ connections, schema, keptDays: retentionDays, nowMs: Date.now, isCaughtUp }, onPass, logger)
  return {
    problem: retention.problem,
    async close () {
      await retention.close()
      await admin.disconnect()
      await connections.close()
    }
  }
}
