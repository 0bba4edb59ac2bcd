// kafkajs re-arms a timer of one millisecond on every connection, pending requests or not (its request queue passes a
// negative time-out). Idle consumers burn CPU with it, and Node warns about the negative time. Arming it only while
// requests are pending changes nothing else: with none pending there is nothing to check.
//
// The patch reaches into kafkajs, so it refuses any version but the one it was checked with.
import { createRequire } from 'node:module'
import { CodedError, type RuntimeErrorCode } from './errors.ts'

const checkedVersion = '2.2.4'
const require = createRequire(import.meta.url)

interface RequestQueue { readonly pending: readonly unknown[], scheduleCheckPendingRequests (): void }

let patched = false

export function checkVersion (version: string): void {
  if (version === checkedVersion) return
  throw new CodedError<RuntimeErrorCode>('CLIENT_VERSION', `kafkajs ${version} is installed, but the patches of it were checked with ${checkedVersion}. Check it again, then change the version here.`)
}

export function patchIdleTimer (): void {
  if (patched) return
  checkVersion((require('kafkajs/package.json') as { readonly version: string }).version)
  const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue }
  const original = prototype.scheduleCheckPendingRequests
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0) original.call(this)
  }
  patched = true
}
