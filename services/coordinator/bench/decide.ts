// How many decisions a second the production `decide` makes, on one core: 1,000 agents, a mix in which three of ten are refused, in
// a shuffled order so that no branch is easy to guess. What is decided is summed up, so that nothing is optimised away and
// the same run gives the same sum. The last line is `N decisions/s`.
import { parseArgs } from 'node:util'
import type { Dispatch } from '@mesh/schemas'
import { partitionFor, topicNames } from '@mesh/topics'
import { isAdmission } from '../src/core/admission.ts'
import { applyRegistration, emptyControl } from '../src/core/control.ts'
import { decide } from '../src/core/decide.ts'
import type { Ingress } from '../src/core/ingress.ts'
import { defaultSeenBounds } from '../src/core/seen-window.ts'
import { TaskState } from '../src/core/task-state.ts'
import type { Rules } from '../src/core/verdict.ts'
import { agent, dispatch } from '../test/task-harness.ts'

const { values: { json, help, seconds: asked } } = parseArgs({ options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' }, seconds: { type: 'string', default: '5' } } })
if (help === true) {
  process.stdout.write('npm run bench:decide [-- --seconds N --json]\nDecisions a second on one core: 1,000 agents, three of ten refused.\n')
  process.exit()
}

const agentCount = 1_000
const callsEach = 20
const ingressCount = 1 << 16
const taskCount = 4
const nowMs = 1_000_000
const names = topicNames('mesh')

/** A linear congruential generator: the same order each time. */
let drawn = 7
const random = (below: number): number => (drawn = (Math.imul(drawn, 1_103_515_245) + 12_345) >>> 0) % below

const control = emptyControl()
for (let n = 0; n < agentCount; n++) {
  const calls = Array.from({ length: callsEach }, (_, k) => `do_${(n * 7 + k * 13) % agentCount}`)
  const status = n % 50 === 0 ? 'quarantined' : 'active'
  applyRegistration(control, { ...agent(`agent-${n}`, [`do_${n}`], calls), domain: `domain-${n % 12}`, role: 'bot', status }, n)
}

const partition = 1
const workflows = Array.from({ length: 4_000 }, (_, n) => `workflow-${n}`).filter(workflowId => partitionFor(workflowId, taskCount) === partition)

/** What is wrong with it, for three of ten. */
const flaws: readonly ((one: Dispatch) => Partial<Dispatch>)[] = [
  () => ({ capability: 'do_what_nobody_declared' }), () => ({ source: 'nobody' }), () => ({ ttlMs: 0 }), () => ({ source: 'agent-50' }),
  () => ({ priority: 0 }), ({ source }) => ({ replyPartition: source.length + 100 })
]

function ingressOf (n: number): Ingress {
  const of = random(agentCount)
  const plain = dispatch({
    dispatchId: `dispatch-${n}`, workflowId: workflows[random(workflows.length)]!, source: `agent-${of}`, capability: `do_${(of * 7 + random(callsEach) * 13) % agentCount}`,
    type: random(2) === 0 ? 'request' : 'event', priority: 1 + random(3), issuedAtMs: nowMs - 100, ttlMs: 30_000
  })
  const made = { ...plain, ...random(10) < 3 ? flaws[random(flaws.length)]!(plain) : {} }
  return {
    kind: 'readable', dispatch: made, payloadHash: 'hash', idempotencyKey: null, isChecked: true, isRedriven: false,
    facts: { position: { topic: names.dispatch(made.priority), partition, offset: n }, lane: made.priority, appendedAtMs: nowMs - 50, key: made.workflowId }
  }
}

const ingresses = Array.from({ length: ingressCount }, (_, n) => ingressOf(n))
const state = new TaskState(4, defaultSeenBounds)
const rules: Rules = {
  control, names, claimPolicy: 'refuse', context: { nowMs, task: partition, taskCount, decidedBy: 'bench', controlOffset: control.appliedOffset, payloadHashKeyId: 'k' }
}

/** One pass over all: admissions, and a sum of what was decided. */
function pass (): { admitted: number, checksum: number } {
  let admitted = 0
  let checksum = 0
  for (const ingress of ingresses) {
    const step = decide(ingress, state, rules)
    if (isAdmission(step)) {
      admitted++
      checksum = (Math.imul(checksum, 31) + step.target.name.length + step.priority) | 0
    } else checksum = (Math.imul(checksum, 31) + step.events[0]!.reason!.length) | 0
  }
  return { admitted, checksum }
}

const first = pass()
for (let warm = 0; warm < 10; warm++) pass()
const untilMs = performance.now() + Number(asked) * 1_000
const fromMs = performance.now()
let passes = 0
for (; performance.now() < untilMs; passes++) {
  const again = pass()
  if (again.checksum !== first.checksum) throw new Error('the same input was decided otherwise')
}
const perS = Math.round(passes * ingressCount / (performance.now() - fromMs) * 1_000)
const refusedShare = 1 - first.admitted / ingressCount
if (json === true) process.stdout.write(`${JSON.stringify({ perS, agents: agentCount, refusedShare, checksum: first.checksum })}\n`)
else process.stdout.write(`${agentCount} agents, ${(refusedShare * 100).toFixed(1)} % refused, checksum ${first.checksum}\n${perS} decisions/s\n`)
