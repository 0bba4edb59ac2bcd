// What signing costs, in CPU for each dispatch and by batch size, with and without it in one run: on the source's side encoding
// and sealing, on the coordinator's all that a round does but for Kafka (decoding, checking, deciding, encoding).
// The sides take turns in short rounds, so that a busy machine is busy for both.
import { createSigningKey, SignatureChecker, signBatch } from '@mesh/signing'
import { localCodec, type Dispatch } from '@mesh/schemas'
import { parseArgs } from 'node:util'
import { createDecoder } from '../src/decode.ts'
import { dispatch, names, TaskHarness, task, workflowId } from '../test/task-harness.ts'

const { values: { json, help, dispatches: asked } } = parseArgs({ options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' }, dispatches: { type: 'string', default: '6000' } } })
if (help === true) {
  process.stdout.write('npm run loadtest:signing [-- --dispatches N --json]\nCPU for each dispatch with and without signatures, by how many are signed together.\n')
  process.exit()
}
const dispatches = Number(asked)
const sizes = [1, 2, 8, 32, 128]
const turns = 8
const payload = Buffer.from(JSON.stringify({ text: 'x'.repeat(300) }))
const codec = localCodec()
const { key } = createSigningKey()
const keys = new Map([[key.keyId, { keyId: key.keyId, agent: 'asker', publicKey: key.publicKey, notBeforeMs: 0, notAfterMs: Number.MAX_SAFE_INTEGER, revokedAtMs: null }]])
const nothing = Buffer.alloc(0)
let made = 0

const next = (): Dispatch => dispatch({ dispatchId: `d${made++}`, type: 'event', ttlMs: null, priority: 2, payload })

function sealed (bodies: readonly Buffer[], isSigned: boolean): Buffer[] {
  const signatures = isSigned ? signBatch(key, bodies) : undefined
  return bodies.map((body, index) => codec.encode('SignedDispatch', { body, ...signatures?.[index] ?? { keyId: '', signature: nothing, proof: nothing } }))
}

const place = { lane: 2, topic: names.dispatch(2), partition: task, key: Buffer.from(workflowId) }
const cpuUs = (): number => {
  const { user, system } = process.cpuUsage()
  return user + system
}

interface Cost { sourceUs: number, coordinatorUs: number }

class Side {
  readonly cost: Cost = { sourceUs: 0, coordinatorUs: 0 }
  readonly #isSigned: boolean
  readonly #harness: TaskHarness

  constructor (isSigned: boolean) {
    this.#isSigned = isSigned
    this.#harness = new TaskHarness(createDecoder(codec, { payloadHash: Buffer.from('key'), redrive: nothing }, isSigned ? new SignatureChecker(keys) : undefined))
  }

  async turn (size: number, count: number): Promise<void> {
    for (let done = 0; done < count; done += size) {
      const made = Array.from({ length: size }, next)
      let fromUs = cpuUs()
      const values = sealed(made.map(each => codec.encode('Dispatch', each)), this.#isSigned)
      this.cost.sourceUs += cpuUs() - fromUs
      fromUs = cpuUs()
      await this.#harness.round(...values.map(value => this.#harness.record(value, place)))
      this.cost.coordinatorUs += cpuUs() - fromUs
      this.#harness.forget()
    }
  }
}

const rows: { batch: number, off: Cost, on: Cost }[] = []
for (const batch of sizes) {
  const [off, on] = [new Side(false), new Side(true)]
  // Engines compile what runs often; the first turns are not counted.
  for (const side of [off, on]) {
    await side.turn(batch, dispatches / 2)
    Object.assign(side.cost, { sourceUs: 0, coordinatorUs: 0 })
  }
  for (let turn = 0; turn < turns; turn++) for (const side of turn % 2 === 0 ? [off, on] : [on, off]) await side.turn(batch, dispatches / turns)
  const each = ({ sourceUs, coordinatorUs }: Cost): Cost => ({ sourceUs: sourceUs / dispatches, coordinatorUs: coordinatorUs / dispatches })
  rows.push({ batch, off: each(off.cost), on: each(on.cost) })
  if (json !== true && process.stderr.isTTY) process.stderr.write(`batches of ${batch}: done\n`)
}

if (json === true) process.stdout.write(`${JSON.stringify(rows)}\n`)
else {
  const us = (value: number): string => value.toFixed(1).padStart(7)
  process.stdout.write('CPU for each dispatch, µs (300-byte payload, without Kafka)\n')
  process.stdout.write('batch | source: off      on    more | coordinator: off      on    more\n')
  for (const { batch, off, on } of rows) {
    process.stdout.write(`${String(batch).padStart(5)} | ${us(off.sourceUs).padStart(11)} ${us(on.sourceUs)} ${us(on.sourceUs - off.sourceUs)} | ${us(off.coordinatorUs).padStart(16)} ${us(on.coordinatorUs)} ${us(on.coordinatorUs - off.coordinatorUs)}\n`)
  }
}
