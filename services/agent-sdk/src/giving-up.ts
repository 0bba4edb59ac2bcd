// Why a run or a call ended before its time, told by the reason of its signal.
import { reasonCodes } from '@mesh/schemas'
import { sdkCodes } from './codes.ts'
import { MeshError } from './errors.ts'

interface About { readonly dispatchId: string, readonly capability: string }

export const stopped = ({ dispatchId }: About): MeshError => new MeshError('STOPPED', 'the agent stops', { ...sdkCodes.STOPPED, dispatchId })

export const cancelled = ({ dispatchId, capability }: About, cause?: unknown): MeshError =>
  new MeshError('CANCELLED', 'the caller gave up before the answer came', { ...reasonCodes.CANCELLED, dispatchId, capability, cause })

/** The mesh has handed it over again: this run's outcome counts no more. */
export const overtaken = ({ dispatchId, capability }: About): MeshError =>
  new MeshError('ATTEMPT_FAILED', 'a later attempt has begun', { ...reasonCodes.ATTEMPT_FAILED, dispatchId, capability })

export const outOfTime = ({ dispatchId, capability }: About): MeshError =>
  new MeshError('TIMEOUT', 'the handler ran out of time', { ...reasonCodes.TIMEOUT, dispatchId, capability })

export const silentTooLong = ({ dispatchId, capability }: About): MeshError =>
  new MeshError('IDLE_TIMEOUT', 'nothing was heard of the handler for too long', { ...reasonCodes.IDLE_TIMEOUT, dispatchId, capability })

const hasCode = (error: unknown, codes: ReadonlySet<string>): boolean => error instanceof MeshError && codes.has(error.code)
const stop: ReadonlySet<string> = new Set(['STOPPED'])
const cancel: ReadonlySet<string> = new Set(['CANCELLED'])
/** The mesh knows how these ended, or goes on without this run: nothing is to be answered. */
const unanswered: ReadonlySet<string> = new Set(['CANCELLED', 'ATTEMPT_FAILED', 'IDLE_TIMEOUT'])

export const isStop = (reason: unknown): boolean => hasCode(reason, stop)
export const isCancel = (reason: unknown): boolean => hasCode(reason, cancel)
export const isUnanswered = (reason: unknown): boolean => hasCode(reason, unanswered)
