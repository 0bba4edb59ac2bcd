export { canonicalJson, NotCanonicalError, parseCanonical, type Json } from './core/canonical.ts'
export { beginOf, coverOf, leavesOf, type Subtree } from './core/cover.ts'
export { emptyRoot, Frontier, hashesFrom } from './core/frontier.ts'
export type { BundleReport, KnownCheckpoint } from './core/bundle-check.ts'
export { findingCodes, type Finding, type FindingCode } from './core/finding.ts'
export { checkpointText, parseNote, type Checkpoint, type SignedNote } from './core/note.ts'
export { consistencyRuns, inclusionRuns, isConsistent, isIncluded } from './core/proofs.ts'
export { leafText, sealedEventOf, type RowField, type SealedEvent } from './core/row.ts'
export {
  headsFrom, headsStatement, ingressDayFrom, ingressDayPrefix, ingressDayStatement, logFormat, originFrom, originStatement, statementLog,
  type Heads, type IngressDay, type LogHead, type Origin
} from './core/statement.ts'
export { bundleLines, ExportError, type ExportCode, type ExportOptions } from './export.ts'
export { checkSignature, keyFromText, keyText, noteKey, signedNote, type NoteKey } from './note-key.ts'
export { runLeavesMax, storedLevels, storedTree, StoredTreeError, type Query, type StoredTree } from './stored-tree.ts'
export { verifyFile, verifyLines, type VerifyOptions } from './verify.ts'
export { sha256, type Hash } from '@mesh/signing/merkle'
export { KnownCheckpointError, readKnownCheckpoints } from './known-checkpoints.ts'
