import { commonEntries, defineConfig } from '@mesh/runtime'
import { z } from 'zod'

export const config = defineConfig({
  ...commonEntries,
  passMs: {
    env: 'MESH_GOVERNOR_PASS_MS',
    schema: z.coerce.number().int().min(100).max(5_000).default(1_000),
    doc: 'From one measurement of all inboxes to the next, milliseconds.'
  },
  circuitCheckMs: {
    env: 'MESH_CIRCUIT_CHECK_MS',
    schema: z.coerce.number().int().min(200).max(3_600_000).default(30_000),
    doc: 'From the opening of a circuit to its probes, and to the next ones after a failed one, milliseconds.'
  },
  circuitWindowMs: {
    env: 'MESH_CIRCUIT_WINDOW_MS',
    schema: z.coerce.number().int().min(1_000).max(3_600_000).default(60_000),
    doc: 'How far back calls count, milliseconds.'
  },
  circuitCallsMin: {
    env: 'MESH_CIRCUIT_CALLS_MIN',
    schema: z.coerce.number().int().min(3).max(100_000).default(10),
    doc: 'Calls in the window below which no circuit opens.'
  },
  circuitProbesMax: {
    env: 'MESH_CIRCUIT_PROBES',
    schema: z.coerce.number().int().min(1).max(1_000).default(10),
    doc: 'Calls let through at a check, over all tasks.'
  },
  circuitSlowStartMs: {
    env: 'MESH_CIRCUIT_SLOW_START_MS',
    schema: z.coerce.number().int().min(100).max(3_600_000).optional(),
    doc: 'From the first tenth of the calls to all of them, milliseconds; a third of the check if not set.'
  },
  alertWebhookUrl: {
    env: 'MESH_ALERT_WEBHOOK_URL',
    schema: z.url({ protocol: /^https?$/ }).optional(),
    doc: 'Where each alert is posted; nowhere if not set.'
  },
  alertWebhookKey: {
    env: 'MESH_ALERT_WEBHOOK_KEY',
    schema: z.string().min(16).optional(),
    secret: true,
    doc: 'Key of the signature (HMAC-SHA256) of what is posted; required with the address.'
  }
})
