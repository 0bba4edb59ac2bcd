import { describe, expect, test } from '@jest/globals'
import { configTable } from '@mesh/runtime'
import { readFileSync } from 'node:fs'
import { leadBot } from '../test/five-minutes.ts'
import { reader, reportBot, workOff } from '../test/long-work.ts'
import { sdkCodes } from './codes.ts'
import { sdkConfig } from './config.ts'
import { createTestKit } from './test-kit.ts'

const file = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
const readme = file('../README.md')

describe('the README', () => {
  test('shows the example that runs here', async () => {
    expect(readme).toContain(file('../test/five-minutes.ts').trim())
    const kit = createTestKit(leadBot)
    const { output, sends } = await kit.request('score_lead', { leadId: '7' }, { calls: { memory_lookup: () => ({ turns: ['hi'] }) } })
    expect(output).toEqual({ temperature: 10 })
    expect(sends).toMatchObject([{ capability: 'score_changed', priority: 3 }])
    await kit.stop()
  })

  test('shows the long work that is done here', async () => {
    expect(readme).toContain(file('../test/long-work.ts').trim())
    const { promise: heard, resolve: hear } = Promise.withResolvers<unknown>()
    reader.handle('report_ready', (input, mesh) => hear({ input, workflowId: mesh.workflowId }))
    const kit = createTestKit(reportBot, reader)
    const { output, workflowId } = await kit.request('order_report', { month: '2030-01' })
    expect(output).toEqual({ accepted: true, jobId: expect.any(String) })
    await workOff(async month => `https://reports/${month}`)
    expect(await heard).toEqual({ input: { jobId: (output as { jobId: string }).jobId, url: 'https://reports/2030-01' }, workflowId })
    await kit.stop()
  })

  test('lists the settings as they are', () => expect(readme).toContain(configTable(sdkConfig)))

  test('lists the codes as they are', () => {
    const rows = Object.entries(sdkCodes).map(([code, { retriable, doc, next }]) => `| \`${code}\` | ${retriable ? 'yes' : 'no'} | ${doc} | ${next} |`)
    expect(readme).toContain(['| code | retriable | meaning | what to do |', '| --- | --- | --- | --- |', ...rows].join('\n'))
  })
})
