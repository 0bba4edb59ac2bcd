import { WireCodec, types } from './wire-codec.ts'
import type { Codec, SchemaName, Writer } from './wire-codec.ts'
import { topLevelNames } from './top-level-names.ts'

/** A codec with made-up schema ids and no registry, for tests in one process. Its bytes mean nothing to `connectCodec`'s. */
export function localCodec (): Codec {
  const writers = new Map<number, Writer>(topLevelNames.map((name, index) => [index + 1, { name, readable: { written: types[name], reader: types[name] }, problem: '' }]))
  const idOf = Object.fromEntries(topLevelNames.map((name, index) => [name, index + 1])) as Record<SchemaName, number>
  return new WireCodec(idOf, writers, () => Promise.resolve())
}
