// What the client libraries log goes to standard error, and only to who works on the mesh.
import { pino } from 'pino'
import type { Logger } from '@mesh/runtime'
import { debugLevel } from './config.ts'

export function quietLogger (): Logger {
  return pino({ name: 'mesh-cli', level: debugLevel() ?? 'silent' }, pino.destination({ dest: 2, sync: true }))
}
