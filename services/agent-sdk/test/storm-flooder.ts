// The source of a storm, in a process of its own, so that its load isn't that of the caller whose times are taken. It
// offers what it is told to over the process's channel and answers with what became of it.
import { defineAgent } from '../src/index.ts'
import { allAtOnce, type Burst, type Load, offer } from './offered-load.ts'

const flooder = defineAgent({ name: 'flooder', version: '1.0.0', domain: 'test', role: 'bot', ownerTeam: 'test', dependencies: ['work'] })
process.on('message', (told: Omit<Load, 'caller'> | Omit<Burst, 'caller'>) => {
  const running = 'records' in told ? allAtOnce({ ...told, caller: flooder }) : offer({ ...told, caller: flooder })
  void running.then(({ toHandlerMs, outcomes }) => process.send!({ toHandlerMs, outcomes: [...outcomes] }))
})
process.once('SIGTERM', () => { void flooder.stop().then(() => process.disconnect()) })
await flooder.start({ healthPort: Number(process.env.MESH_HEALTH_PORT), callsMax: 50_000 })
