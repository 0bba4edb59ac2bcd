// The part of signing that needs no keys, for cores that decide and agents that send.
export { type SignatureCode, signatureCodes } from './core/key-standing.ts'
export { type Chained, chainProblem, derivedId, type Digest, linkOf, uuidFrom } from './core/chain.ts'
