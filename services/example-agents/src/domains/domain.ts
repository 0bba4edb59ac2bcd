// The three domains, each an operating system process.
import { CodedError, type Logger } from '@mesh/runtime'
import type { Settings } from '../config.ts'
import { startConversation } from './conversation.ts'
import { startOperations } from './operations.ts'
import type { RunningDomain } from './running-domain.ts'
import { startSales } from './sales.ts'

const domains = { conversation: startConversation, sales: startSales, operations: startOperations } as const

export async function startDomain (name: string, settings: Settings, logger: Logger): Promise<RunningDomain> {
  if (!Object.hasOwn(domains, name)) throw new CodedError('UNKNOWN_DOMAIN', `there is no domain '${name}'; name one of ${Object.keys(domains).join(', ')} as the argument`)
  return domains[name as keyof typeof domains](settings, logger)
}
