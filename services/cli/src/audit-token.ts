// Tokens for the audit API of one machine, signed with a key pair that is kept in a folder.
//
// K1. The private key is readable by its owner alone, and refused otherwise; the public half is for the audit API.
// K2. The set of public keys is written whole, beside and renamed, and only where the key is not in it: keys that somebody
//     added to it stay.
import { keyIdOf, loadOrCreateKey, type SigningKey } from '@mesh/signing'
import { type JWK, SignJWT } from 'jose'
import { randomUUID } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CliError } from './errors.ts'

export interface AskedToken {
  readonly folder: string
  readonly issuer: string
  readonly audience: string
  readonly subject: string
  readonly role: string
  readonly team: string | undefined
  readonly validMs: number
  readonly nowMs: number
}

export interface MadeToken {
  readonly token: string
  readonly expiresAt: string
  readonly isNewKey: boolean
}

export async function makeToken ({ folder, issuer, audience, subject, role, team, validMs, nowMs }: AskedToken): Promise<MadeToken> {
  try {
    const { key, isNew } = await loadOrCreateKey(join(folder, 'token.pem'))
    await publish(join(folder, 'jwks.json'), key)
    const expires = Math.floor((nowMs + validMs) / 1_000)
    const times = { iat: Math.floor(nowMs / 1_000), exp: expires }
    const claims = { iss: issuer, aud: audience, sub: subject, jti: randomUUID(), ...times, role, ...team === undefined ? {} : { team } }
    const token = await new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', kid: key.keyId, typ: 'JWT' }).sign(key.privateKey)
    return { token, expiresAt: new Date(expires * 1_000).toISOString(), isNewKey: isNew }
  } catch (error) {
    throw new CliError('TOKEN_NOT_MADE', (error as Error).message, { cause: error })
  }
}

async function publish (file: string, { keyId, publicKey }: SigningKey): Promise<void> {
  const known = await knownKeys(file)
  if (known.some(({ kid }) => kid === keyId)) return
  const jwk: JWK = { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url'), kid: keyIdOf(publicKey), alg: 'EdDSA', use: 'sig' }
  const beside = `${file}.${randomUUID()}`
  await writeFile(beside, `${JSON.stringify({ keys: [jwk, ...known] }, null, 2)}\n`, { mode: 0o644, flag: 'wx' })
  await rename(beside, file)
}

async function knownKeys (file: string): Promise<JWK[]> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  const { keys } = JSON.parse(text) as { readonly keys?: JWK[] }
  if (!Array.isArray(keys)) throw new Error(`${file} is not a JSON Web Key Set`)
  return keys
}
