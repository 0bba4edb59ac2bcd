// Checks a bundle; reads files and nothing else.
import { keyFromText, readKnownCheckpoints, verifyFile, type BundleReport } from '@mesh/evidence'
import { readFile, stat } from 'node:fs/promises'
import { fileFailure } from './audit-bundle.ts'
import { CliError } from './errors.ts'

export interface VerificationRequest {
  readonly key: string | undefined
  readonly known: readonly string[]
  /** From 0 to 1. */
  onProgress (part: number): void
}

export async function checkBundle (bundle: string, { key, known, onProgress }: VerificationRequest): Promise<BundleReport> {
  try {
    const { size } = await stat(bundle)
    const trusted = key === undefined ? undefined : await keyTextOf(key)
    return await verifyFile(bundle, { key: trusted, known: await readKnownCheckpoints(known), onProgress: bytes => onProgress(bytes / Math.max(1, size)) })
  } catch (error) {
    throw fileFailure(error)
  }
}

async function keyTextOf (given: string): Promise<string> {
  const text = (keyFromText(given) === undefined ? await readFile(given, 'utf8') : given).trim()
  if (keyFromText(text) === undefined) throw new CliError('FILE_UNUSABLE', `${given} holds no public key of the form NAME+ID+BASE64.`)
  return text
}
