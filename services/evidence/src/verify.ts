// Checks a bundle with nothing else: no database, no broker, no environment.

import { createReadStream } from 'node:fs'
import { lineCharsMax } from './core/bundle-line.ts'
import { BundleCheck, type BundleReport, type KnownCheckpoint } from './core/bundle-check.ts'
import { checkSignature, keyFromText } from './note-key.ts'

export interface VerifyOptions {
  readonly key: string | undefined
  readonly known: readonly KnownCheckpoint[]
  onProgress? (bytes: number): void
}

export async function verifyLines (lines: Iterable<string> | AsyncIterable<string>, { key, known }: Pick<VerifyOptions, 'key' | 'known'>): Promise<BundleReport> {
  const check = new BundleCheck({
    key,
    known,
    verify (note, text) {
      const noteKey = keyFromText(text)
      return noteKey === undefined ? undefined : checkSignature(note, noteKey)
    }
  })
  for await (const line of lines) check.take(line)
  return check.end()
}

export const verifyFile = (path: string, options: VerifyOptions): Promise<BundleReport> => verifyLines(fileLines(path, options), options)

/** A last line without its end is one, too; a line beyond the bound is cut, and so refused. */
async function* fileLines (path: string, { onProgress }: VerifyOptions): AsyncGenerator<string> {
  let rest = ''
  let bytes = 0
  const stream = createReadStream(path, { highWaterMark: 1024 * 1024 })
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length
    onProgress?.(bytes)
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = (parts.pop() ?? '').slice(0, lineCharsMax)
    yield* parts
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}
