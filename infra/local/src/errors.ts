import { mkdirSync } from 'node:fs'

export const stackErrorCodes = [
  'ALREADY_RUNNING', 'ARCHITECTURE_UNSUPPORTED', 'BAD_SETTING', 'DATABASE_REFUSED', 'DISK_FULL', 'DOCKER_DENIED', 'DOCKER_MISSING',
  'DOCKER_STOPPED', 'IMAGE_UNAVAILABLE', 'JAVA_MISSING', 'JAVA_STUB', 'JAVA_TOO_OLD', 'MAVEN_FAILED', 'MAVEN_MISSING', 'NOT_OURS',
  'NO_PERMISSION', 'PART_DIED', 'PART_NOT_READY', 'PORT_BUSY', 'POSTGRES_MISSING', 'SERVER_UNREACHABLE', 'STACK_NOT_RUNNING'
] as const

export type StackErrorCode = typeof stackErrorCodes[number]

// Its message is written for the person at the terminal: what is wrong, then what to do.
export class StackError extends Error {
  override readonly name = 'StackError'
  readonly code: StackErrorCode

  constructor (code: StackErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}

// Errors of the file system that have one cause and one remedy, whatever was being written.
export function explainFileError (error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new StackError('DISK_FULL', `The disk is full (writing ${path}). Free about 1 GB, or set MESH_HOME to a folder on another disk, and run the command again.`, error)
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new StackError('NO_PERMISSION', `No permission to write ${path}. Give yourself the folder (chown), or set MESH_HOME to a folder that you own.`, error)
  }
  return error
}

export function makeFolder (path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    throw explainFileError(error, path)
  }
}
