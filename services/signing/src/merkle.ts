// The RFC's tree without the keys: for logs that grow, too (evidence).
export { type Hash, type Hashing, levelsOf } from './core/merkle.ts'
export { sha256 } from './hashing.ts'
