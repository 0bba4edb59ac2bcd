import type { Dispatch } from '@mesh/schemas'

/** What takes an agent's dispatches to the mesh: Kafka, or the test kit's memory. */
export interface Carrier {
  /** Resolves when the mesh has it durably. Rejects with a MeshError; is called in the order in which things are sent, and keeps it. */
  send (dispatch: Dispatch): Promise<void>
}

export interface Clock {
  /** This process's wall clock. */
  nowMs (): number
  /** Never goes back. */
  monotonicMs (): number
}
