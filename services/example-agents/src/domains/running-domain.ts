export interface RunningDomain {
  /** Finishes what was taken, then leaves. */
  drain (): Promise<void>
}
