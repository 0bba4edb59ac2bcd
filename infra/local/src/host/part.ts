import type { Environment } from '../home.ts'
import type { PortNumbers } from '../ports.ts'
import type { ProcessIdentity } from '../process-identity.ts'
import type { ProgressStep } from '../progress.ts'
import type { PartName } from '../stack.ts'

export interface HostContext {
  readonly name: string
  readonly folder: string
  readonly cache: string
  readonly ports: PortNumbers
  readonly keepData: boolean
  readonly postgresFolder: string
  readonly environment: Environment
}

// How one part is run on this machine; what all have in common (process files, stopping, restarting) is in host-stack.ts.
export interface HostPart {
  readonly name: PartName
  readonly stopSignal: NodeJS.Signals
  readonly stopGraceMs: number
  // Ends it at once, without a wait; SIGKILL where not said.
  readonly quitSignal?: NodeJS.Signals
  readonly logFile: string
  // Starts the process and reports it at once through `started`, before it is ready: one that dies or is left is found again.
  start (step: ProgressStep, started: (identity: ProcessIdentity) => void): Promise<void>
  stopped? (outcome: 'stopped' | 'killed' | 'absent'): void
  // Before a restart that stands for the loss of its memory.
  forget? (): void
}
