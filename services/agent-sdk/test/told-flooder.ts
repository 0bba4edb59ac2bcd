// Tells the flooder's process what to offer, and waits for what became of it.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Burst, Load, Run } from './offered-load.ts'

export async function told (flooder: ChildProcess, load: Omit<Load, 'caller'> | Omit<Burst, 'caller'>): Promise<Run> {
  flooder.send(load)
  const [{ toHandlerMs, outcomes }] = await once(flooder, 'message') as [{ toHandlerMs: number[], outcomes: [string, number][] }]
  return { toHandlerMs, outcomes: new Map(outcomes) }
}
