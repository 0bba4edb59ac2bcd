// npm run topics:plan [-- --json]   what `topics:apply` would change; changes nothing
import { parseArgs } from 'node:util'
import { readConfig } from './config.ts'
import { planJson, planText } from './plan-text.ts'
import { makePlan, withAdmin } from './session.ts'

try {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
  const config = await readConfig()
  const { topicPlan } = await withAdmin(config, admin => makePlan(admin, config))
  console.log(values.json ? planJson(topicPlan) : planText(topicPlan))
} catch (error) {
  console.error(`topics: ${(error as Error).message}`)
  process.exitCode = 1
}
