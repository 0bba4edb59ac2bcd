import type { Progress } from './progress.ts'
import type { PartName } from './stack.ts'

// What both kinds of stack offer for their parts; servers that were there before are not among the names.
export interface StackParts {
  readonly names: readonly PartName[]
  isUp (name: PartName): Promise<boolean>
  // Does nothing to a part that is up.
  start (name: PartName, progress: Progress): Promise<void>
  stop (name: PartName): Promise<void>
  kill (name: PartName): Promise<void>
  killNow (name: PartName): void
  // Before a start that stands for the loss of its memory.
  forget (name: PartName): void | Promise<void>
  describe (name: PartName): { readonly pid: number | null, readonly log: string }
  // What lies outside the stack's folder.
  removeData (): void | Promise<void>
}
