// What every command is given.
import type { Terminal } from '../terminal.ts'

export interface CommandContext {
  readonly terminal: Terminal
  /** Aborted by Ctrl-C where the command drains, and when nobody reads any more. */
  readonly signal: AbortSignal
}

/** Runs a command; what it throws is explained. One that `drains` ends itself on Ctrl-C, any other is ended by it. */
export type Runner = (run: (context: CommandContext) => Promise<void>, options?: { readonly drains?: boolean }) => Promise<void>
