// What the broker has: the topics of one namespace, with the settings made on each.
import { setTimeout as pause } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import type { Admin } from 'kafkajs'
import type { ObservedTopic } from './plan.ts'

// Node finds no named export for these two in the CommonJS module.
const { ConfigResourceTypes, ConfigSource } = kafkajs

// A topic may vanish between the list and the questions about it.
const attemptsMax = 5
const attemptPauseMs = 100
// One answer holds some 40 settings a topic.
const topicsPerRequest = 200

export async function observeTopics (admin: Admin, options: { readonly namespace: string }): Promise<ObservedTopic[]> {
  for (let attempt = 1; ; attempt++) {
    const names = (await admin.listTopics()).filter(name => name.startsWith(`${options.namespace}.`)).sort()
    try {
      return await describeTopics(admin, names)
    } catch (error) {
      if (attempt === attemptsMax || !isUnknownTopic(error)) throw error
      await pause(attemptPauseMs)
    }
  }
}

export async function describeTopics (admin: Admin, names: readonly string[]): Promise<ObservedTopic[]> {
  const observed: ObservedTopic[] = []
  for (let start = 0; start < names.length; start += topicsPerRequest) {
    const some = names.slice(start, start + topicsPerRequest)
    const { topics } = await admin.fetchTopicMetadata({ topics: some })
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: some.map(name => ({ type: ConfigResourceTypes.TOPIC, name })) })
    const settings = new Map(resources.map(({ resourceName, configEntries }) => [resourceName, configEntries]))
    for (const { name, partitions } of topics) {
      const entries = settings.get(name) ?? []
      observed.push({
        name,
        partitions: partitions.length,
        replicationFactor: Math.max(0, ...partitions.map(({ replicas }) => replicas.length)),
        config: asRecord(entries.filter(({ configSource }) => configSource === ConfigSource.TOPIC_CONFIG)),
        effective: asRecord(entries)
      })
    }
  }
  return observed.sort((a, b) => a.name < b.name ? -1 : 1)
}

const asRecord = (entries: readonly { readonly configName: string, readonly configValue: string }[]): Record<string, string> =>
  Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]))

export const isUnknownTopic = (error: unknown): boolean => (error as { type?: string }).type === 'UNKNOWN_TOPIC_OR_PARTITION'
