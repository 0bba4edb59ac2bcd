// Servers that the user points to. Of theirs we touch nothing but a database of our own.
import pg from 'pg'
import { StackError } from './errors.ts'
import type { Environment } from './home.ts'
import type { PartName, StackAddresses } from './stack.ts'

const connectTimeoutMs = 10_000

export interface ExternalServers { readonly parts: readonly PartName[], readonly addresses: Partial<StackAddresses> }

export const databaseName = (stack: string): string => `mesh_${stack.replaceAll(/[^a-z0-9]/g, '_')}`

function parse (setting: string, value: string, protocols: readonly string[]): URL {
  const url = URL.parse(value)
  if (url && protocols.includes(url.protocol)) return url
  throw new StackError('BAD_SETTING', `${setting} is not an address of the form ${protocols[0]}//host:port. Correct it, or unset it to have a private server started.`)
}

export async function useExternalServers (stack: string, environment: Environment): Promise<ExternalServers> {
  const parts: PartName[] = []
  const addresses: { databaseUrl?: string, redisUrl?: string } = {}
  if (environment.DATABASE_URL) {
    addresses.databaseUrl = await provideDatabase(parse('DATABASE_URL', environment.DATABASE_URL, ['postgres:', 'postgresql:']), databaseName(stack))
    parts.push('postgres')
  }
  if (environment.REDIS_URL) {
    addresses.redisUrl = parse('REDIS_URL', environment.REDIS_URL, ['redis:', 'rediss:']).href
    parts.push('redis')
  }
  return { parts, addresses }
}

async function provideDatabase (url: URL, name: string): Promise<string> {
  await asAdministrator(url, async client => {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
    if (rowCount === 0) await client.query(`create database ${name}`)
  })
  const own = new URL(url)
  own.pathname = `/${name}`
  return own.href
}

// Only for a database that this stack made: the name carries the stack's own.
export async function dropDatabase (databaseUrl: string, stack: string): Promise<void> {
  const url = new URL(databaseUrl)
  if (url.pathname !== `/${databaseName(stack)}`) return
  url.pathname = '/postgres'
  await asAdministrator(url, async client => { await client.query(`drop database if exists ${databaseName(stack)} with (force)`) })
}

async function asAdministrator (url: URL, act: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url.href, connectionTimeoutMillis: connectTimeoutMs })
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    throw new StackError('SERVER_UNREACHABLE', `DATABASE_URL is set, but ${url.host} can't be used: ${(error as Error).message}. Start that server or correct the address, or unset DATABASE_URL to have a private one started.`, error)
  }
  try {
    await act(client)
  } catch (error) {
    throw new StackError('DATABASE_REFUSED', `The server of DATABASE_URL (${url.host}) refused the mesh its own database: ${(error as Error).message}. Give that user CREATEDB, or unset DATABASE_URL to have a private server started.`, error)
  } finally {
    await client.end().catch(() => {})
  }
}
