// A source made with the SDK: asks and tells at the times that the seed says, whether or not what it asked before was
// answered; started again, it goes on where it should be.
import { defineAgent, MeshError } from '@mesh/agent-sdk'
import { setTimeout as pause } from 'node:timers/promises'
import { type Sending, sendingOf, numberAt, sources } from '../core/workload.ts'
import { dialsVariable, lookMs, readDials } from './dials.ts'
import { HistoryFile } from './history-file.ts'
import { payloadOf, payloadHash } from './payload.ts'
import { realNowMs } from './shifted-clock.ts'

const plan = sources.caller
const seed = Number(process.env.TORTURE_SEED)
const history = new HistoryFile(process.env.TORTURE_HISTORY!, process.env.TORTURE_NAME!)
const dials = () => readDials(process.env[dialsVariable])
let stopping = false

const caller = defineAgent({
  name: plan.name, version: '1.0.0', domain: 'torture', role: 'orchestrator', ownerTeam: 'torture', answersPartitions: 4,
  dependencies: [...new Set([...Object.keys(plan.requests), ...Object.keys(plan.events)])], urgentCapabilities: ['torture_front', 'torture_echo', 'torture_failing', 'torture_slow', 'torture_note']
})
process.once('SIGTERM', () => {
  stopping = true
  void caller.stop().then(() => process.exit(0))
})
await caller.start({ healthPort: Number(process.env.MESH_HEALTH_PORT), waitMs: 60_000 })
while (dials().loadFromMs === 0 && !stopping) await pause(lookMs)
const { loadFromMs, loadUntilMs } = dials()
for (let number = numberAt(plan, Math.max(0, realNowMs() - loadFromMs)); !stopping; number++) {
  const sending = sendingOf(seed, plan, number)
  const waitMs = loadFromMs + sending.dueMs - realNowMs()
  if (loadFromMs + sending.dueMs >= loadUntilMs) break
  if (waitMs > 0) await pause(waitMs)
  void begin(sending)
}

async function begin ({ token, type, capability, workflow, priority, ttlMs, fillerBytes }: Sending): Promise<void> {
  const payload = payloadOf(token, fillerBytes)
  history.note({ kind: 'intent', token, source: plan.name, workflow, priority, type, hash: payloadHash(payload), atMs: realNowMs(), order: null, times: 1 })
  const options = { workflowId: workflow, priority }
  try {
    if (type === 'event') {
      const { dispatchId } = await caller.send(capability, payload, options)
      history.note({ kind: 'acked', token, id: dispatchId, place: null, atMs: realNowMs() })
      return
    }
    const { dispatchId, output } = await caller.callDetailed(capability, payload, { ...options, ttlMs: ttlMs! })
    const { token: answerToken = null } = output as { token?: string }
    history.note({ kind: 'answered', token, id: dispatchId, isSuccess: true, answerToken, code: null, atMs: realNowMs() })
  } catch (error) {
    const { code, dispatchId } = error instanceof MeshError ? error : { code: 'UNKNOWN', dispatchId: undefined }
    if (type === 'request' && dispatchId !== undefined) history.note({ kind: 'answered', token, id: dispatchId, isSuccess: false, answerToken: null, code, atMs: realNowMs() })
  }
}
