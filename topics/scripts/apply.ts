// npm run topics:apply [-- --allow-destructive] [--json]   prints the plan and carries it out; registers the schemas too
import { parseArgs } from 'node:util'
import { connectCodec } from '@mesh/schemas'
import { applyPlan } from '../src/index.ts'
import { readConfig } from './config.ts'
import type { ScriptConfig } from './config.ts'
import { planJson, planText } from './plan-text.ts'
import { makePlan, withAdmin } from './session.ts'

try {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false }, 'allow-destructive': { type: 'boolean', default: false } } })
  const config = await readConfig()
  const say = (text: string): void => { if (!values.json) console.log(text) }
  const manual = await withAdmin(config, async admin => {
    const { desired, topicPlan } = await makePlan(admin, config)
    console.log(values.json ? planJson(topicPlan) : planText(topicPlan))
    const { created, grown, altered } = await applyPlan(admin, topicPlan, { desired, allowDestructive: values['allow-destructive'] })
    if (created + grown + altered > 0) say(`topics: ${created} created, ${altered} altered, ${grown} given more partitions`)
    return topicPlan.manual
  })
  await registerSchemas(config, say)
  if (manual.length > 0) throw new Error(`${manual.length} things above are left to do by hand`)
} catch (error) {
  console.error(`topics: ${(error as Error).message}`)
  process.exitCode = 1
}

async function registerSchemas ({ schemaRegistryUrl }: ScriptConfig, say: (text: string) => void): Promise<void> {
  if (schemaRegistryUrl === undefined || schemaRegistryUrl === '') return say('schemas: not registered, because MESH_SCHEMA_REGISTRY_URL is not set')
  await connectCodec({ schemaRegistryUrl, onWaiting: message => say(`schemas: ${message}`) })
  say(`schemas: registered at ${schemaRegistryUrl}`)
}
