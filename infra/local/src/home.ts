import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repositoryRoot = resolve(fileURLToPath(new URL('../../..', import.meta.url)))

export type Environment = Readonly<Record<string, string | undefined>>

// Everything the stack writes lies under here, except PostgreSQL's data where its user can't reach it (host/postgres-user.ts).
export const meshHome = (environment: Environment = process.env): string =>
  environment.MESH_HOME ? resolve(repositoryRoot, environment.MESH_HOME) : join(repositoryRoot, '.mesh')

// Of its own where several homes share what Maven fetched.
/** The stack of `npm start` and `npm run up`. */
export const devStack = 'dev'

export const cacheFolder = (home: string, environment: Environment = process.env): string =>
  environment.MESH_CACHE ? resolve(repositoryRoot, environment.MESH_CACHE) : join(home, 'cache')
export const stackFolder = (home: string, name: string): string => join(home, name)
