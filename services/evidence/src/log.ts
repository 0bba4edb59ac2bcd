// The log without its storage: what the archiver's core needs to seal an event.
export { canonicalJson, type Json } from './core/canonical.ts'
export { Frontier } from './core/frontier.ts'
export { sealedNumber } from './core/row.ts'
export { sha256, type Hash } from '@mesh/signing/merkle'
