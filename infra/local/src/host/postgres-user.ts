// PostgreSQL refuses to run as root. Then it runs as another user, who must own its data and be able to walk to it.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { StackError } from '../errors.ts'

export interface SystemUser { readonly name: string, readonly uid: number, readonly gid: number }

// Survives a restart of the machine, unlike /tmp, and every user can walk to it.
const openFolder = '/var/tmp'

// Pure.
export function findUser (passwd: string, names: readonly string[]): SystemUser | undefined {
  const lines = passwd.split('\n').map(line => line.split(':'))
  for (const name of names) {
    const fields = lines.find(line => line[0] === name)
    if (fields) return { name, uid: Number(fields[2]) >>> 0, gid: Number(fields[3]) >>> 0 }
  }
  return undefined
}

export function postgresUser (): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined
  const user = findUser(readFileSync('/etc/passwd', 'utf8'), ['postgres', '_postgres', 'nobody'])
  if (user) return user
  throw new StackError('POSTGRES_MISSING', 'PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody` to run it as. Add one (useradd --system postgres), run the mesh as an ordinary user, or set DATABASE_URL.')
}

export interface FolderMode { readonly mode: number, readonly uid: number, readonly gid: number }

// Pure: whether a user may walk through a folder with this mode.
export function mayTraverse (folder: FolderMode, user: SystemUser): boolean {
  if (folder.uid === user.uid) return (folder.mode & 0o100) !== 0
  if (folder.gid === user.gid) return (folder.mode & 0o010) !== 0
  return (folder.mode & 0o001) !== 0
}

export function canReach (path: string, user: SystemUser): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if (existsSync(folder) && !mayTraverse(statSync(folder), user)) return false
    if (folder === dirname(folder)) return true
  }
}

// The wanted path wherever that user can walk to the folder it lies in, else one that everybody can walk to.
export function chooseReachable (wanted: string, parent: string, user: SystemUser | undefined): string {
  if (!user || canReach(parent, user)) return wanted
  const key = createHash('sha256').update(wanted).digest('hex').slice(0, 12)
  return join(openFolder, `mesh-${key}`)
}

export function choosePostgresFolder (stackFolder: string): string {
  return chooseReachable(join(stackFolder, 'postgres'), stackFolder, postgresUser())
}
