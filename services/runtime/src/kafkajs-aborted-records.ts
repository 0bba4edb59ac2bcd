// Puts the right rule for aborted transactions in the place of kafkajs's own (aborted-records.ts), for every consumer of
// the process: after a fetch is decoded and before kafkajs looks at it, the records of aborted transactions are left out.
import { createRequire } from 'node:module'
import { type AbortedTransaction, type FetchedRecord, leaveOutAborted } from './aborted-records.ts'
import { checkVersion } from './kafkajs-idle-timer.ts'

const require = createRequire(import.meta.url)

interface FetchedPartition { readonly messages: readonly FetchedRecord[], abortedTransactions?: readonly AbortedTransaction[] }
interface FetchResponse { readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[] }
interface Broker { fetch (request: unknown): Promise<FetchResponse> }

let patched = false

export function patchAbortedRecords (): void {
  if (patched) return
  checkVersion((require('kafkajs/package.json') as { readonly version: string }).version)
  const { prototype } = require('kafkajs/src/broker') as { prototype: Broker }
  const original = prototype.fetch
  prototype.fetch = async function (this: Broker, request: unknown) {
    const response = await original.call(this, request)
    for (const { partitions } of response.responses) {
      for (const partition of partitions) {
        if (partition.abortedTransactions === undefined || partition.abortedTransactions.length === 0) continue
        leaveOutAborted(partition.messages, partition.abortedTransactions)
        partition.abortedTransactions = []
      }
    }
    return response
  }
  patched = true
}
