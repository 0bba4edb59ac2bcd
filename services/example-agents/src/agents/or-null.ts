import { type Mesh, MeshError } from '@mesh/agent-sdk'

/** Goes on without what a call would have brought, and logs why; only for what an answer can do without. */
export async function orNull<T> (mesh: Mesh, capability: string, call: Promise<T>): Promise<T | null> {
  try {
    return await call
  } catch (error) {
    // One that stops isn't without an answer: another instance goes on, with all of it.
    if (!(error instanceof MeshError) || error.code === 'STOPPED') throw error
    mesh.logger.warn({ code: error.code, without: capability }, 'goes on without it')
    return null
  }
}
