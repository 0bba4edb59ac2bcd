import { commonEntries, defineConfig } from '@mesh/runtime'
import { z } from 'zod'

export const config = defineConfig({
  ...commonEntries,
  passMs: {
    env: 'MESH_GOVERNOR_PASS_MS',
    schema: z.coerce.number().int().min(100).max(5_000).default(1_000),
    doc: 'From one measurement of all inboxes to the next, milliseconds.'
  }
})
