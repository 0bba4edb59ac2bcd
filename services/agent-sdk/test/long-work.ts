import { defineAgent } from '@mesh/agent-sdk'
import { z } from 'zod'

interface Job { readonly jobId: string, readonly month: string, readonly workflowId: string }

/** In earnest a table of yours: it must outlive the process. */
const jobs = new Map<string, Job>()

export const reportBot = defineAgent({
  name: 'report-bot', version: '1.0.0', domain: 'finance', role: 'analytics', ownerTeam: 'finance', dependencies: ['report_ready'],
  capabilities: { order_report: { input: z.object({ month: z.string() }), output: z.object({ accepted: z.boolean(), jobId: z.string() }) } }
})

reportBot.handle('order_report', ({ month }, mesh) => {
  // The same when the handler runs again: still one job.
  const jobId = mesh.dispatchId
  jobs.set(jobId, { jobId, month, workflowId: mesh.workflowId })
  return { accepted: true, jobId }
})

/** Called by a timer, and once at the start for what an earlier process left. It may take days. */
export async function workOff (write: (month: string) => Promise<string>): Promise<void> {
  for (const { jobId, month, workflowId } of jobs.values()) {
    const url = await write(month)
    await reportBot.send('report_ready', { jobId, url }, { workflowId })
    jobs.delete(jobId)
  }
}

export const reader = defineAgent({
  name: 'reader', version: '1.0.0', domain: 'finance', role: 'bot', ownerTeam: 'finance', dependencies: ['order_report'],
  capabilities: { report_ready: { input: z.object({ jobId: z.string(), url: z.string() }) } }
})
