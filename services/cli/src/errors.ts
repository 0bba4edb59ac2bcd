// Why a command failed, and what to do: the closed list.

export const cliCodes = {
  CONFIG_MISSING: 'Run `npm start` for a mesh on this machine, or set what is missing.',
  CONFIG_INVALID: 'Correct or unset what is named.',
  REGISTRY_UNREACHABLE: 'Start the mesh with `npm start`, or set MESH_REGISTRY_URL.',
  ARCHIVE_UNREACHABLE: 'Start the mesh with `npm start`, or set DATABASE_URL.',
  ARCHIVE_MISSING: 'The archiver makes it when it starts: `npm start`. Is MESH_AUDIT_SCHEMA right?',
  TRACE_UNKNOWN: '`npx mesh tail` shows dispatch ids as they come; the archive follows within a second, so `--wait 5` may help.',
  TRACE_PENDING: 'Ask again later, or with a longer --wait.',
  DISPATCH_UNKNOWN: '`npx mesh tail` shows dispatch ids as they come; `npx mesh trace` those of a workflow.',
  BROKER_UNREACHABLE: 'Start the mesh with `npm start`, or set MESH_KAFKA_BROKERS.',
  SCHEMA_REGISTRY_UNREACHABLE: 'Start the mesh with `npm start`, or set MESH_SCHEMA_REGISTRY_URL.',
  TOPIC_MISSING: 'Run `npm run topics:apply`, or set MESH_NAMESPACE.',
  DEAD_LETTER_UNKNOWN: '`npx mesh dead-letters list` shows what is there; retention may have taken it.',
  CHANGE_REFUSED: 'Correct what is named; nothing was changed.',
  NOT_IN_FORCE: 'Look at the archiver\'s /readyz; it takes it over as soon as it runs. `npx mesh audit hold list` shows it then.',
  INPUT_NOT_JSON: 'Quote it for the shell: npx mesh call memory_lookup \'{"leadId":"l-1"}\'',
  NOTHING_SIGNED: 'The archiver signs what it archives within a minute (MESH_CHECKPOINT_EVERY_MS); its /readyz says why it does not.',
  TOO_SCATTERED: 'Export a shorter time, or one that holds the time of the archiving, too.',
  FILE_UNUSABLE: 'Correct the path, or what is there.',
  BUNDLE_REFUSED: 'Keep the bundle; export it again, and compare with checkpoints from outside the database (--checkpoint).',
  NOT_COMPLETE: 'What is named is missing or too much: see `rejected` in the archive, the archiver\'s log, and `npx mesh audit verify`.',
  RANGE_INVALID: 'Correct the range; nothing was read.',
  FILTER_INVALID: 'Write FIELD=VALUE, !=, <, <=, > or >=, joined by and / or, with brackets: npx mesh replay --help',
  REPLAY_REFUSED: 'Correct what is named; nothing was written.',
  REPLAY_EXPIRED: 'Begin anew without --resume, into another place.',
  ARCHIVE_BEHIND: 'Wait until the archiver has caught up (`mesh_archiver_lag_records`), then ask again.',
  AUDIT_API_UNREACHABLE: 'Start the mesh with `npm start`, or set MESH_AUDIT_API_URL.',
  TOKEN_MISSING: 'On the machine of the mesh: export MESH_AUDIT_TOKEN=$(npx mesh audit token --role auditor)',
  TOKEN_NOT_MADE: 'Mend what is named; MESH_AUDIT_KEYS_FOLDER says where the keys are.',
  QUERY_REFUSED: 'Correct what is named.',
  CALL_FAILED: 'See the log of the mesh.'
} as const satisfies Record<string, string>

export type CliCode = keyof typeof cliCodes

export interface CliErrorFacts {
  readonly next?: string
  readonly cause?: unknown
  /** A code of the mesh or of an agent, shown in place of ours. */
  readonly shownCode?: string
  readonly dispatchId?: string
}

export class CliError extends Error {
  override readonly name = 'CliError'
  readonly code: string
  readonly next: string
  readonly dispatchId: string | undefined

  constructor (code: CliCode, message: string, facts: CliErrorFacts = {}) {
    super(message, { cause: facts.cause })
    this.code = facts.shownCode ?? code
    this.next = facts.next ?? cliCodes[code]
    this.dispatchId = facts.dispatchId
  }
}
