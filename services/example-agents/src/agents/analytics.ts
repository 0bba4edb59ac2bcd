import { defineAgent } from '@mesh/agent-sdk'
import { analyticsReportContract, turnAnsweredContract } from '../contracts/follow-up.ts'
import { areaOf } from '../core/places.ts'
import type { TurnCountStore } from '../store/turn-counts.ts'

/** The database may be away for a moment; what is counted twice under one id counts once. */
const retry = { attemptsMax: 5, backoffMs: 200 }

/** How many turns there were, of which intent and about which area. */
export const createAnalytics = (counts: TurnCountStore) => defineAgent({
  name: 'analytics', version: '1.0.0', domain: 'operations', role: 'analytics', ownerTeam: 'data',
  capabilities: { turn_answered: { ...turnAnsweredContract, retry }, analytics_report: analyticsReportContract },
  maxConcurrent: 4, slaP95Ms: 1_000, latencyProfileMs: 3, inboxPartitions: 2, answersPartitions: 2
}).handle('turn_answered', ({ intent, area }, mesh) =>
  counts.count({ dispatchId: mesh.dispatchId, intent, area: areaOf(area ?? undefined) ?? '' })
).handle('analytics_report', ({ days }) => counts.report(days))
