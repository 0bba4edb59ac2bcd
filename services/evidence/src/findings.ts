// What a check says, without the check.
export type { BundleReport } from './core/bundle-check.ts'
export { findingCodes, type Finding, type FindingCode } from './core/finding.ts'
