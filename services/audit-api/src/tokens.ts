// Checks tokens: JSON Web Tokens (RFC 7519), signed with a key of the set.
//
// K1. The algorithm is the key's, never the token's: Ed25519, ES256 or RS256, by the kind of the key. So `none` and a public
//     key taken for a shared secret are no way in.
// K2. Issuer, audience and expiry must be there and right. The clock may be off by `clockToleranceS`.
// K3. The file of keys is read again when it changes, so keys are rotated without a restart. A file that is unreadable, or
//     that holds a private or a shared key, is as none: nothing is believed.

import { createLocalJWKSet, type CryptoKey, errors, importJWK, jwtVerify, type JSONWebKeySet, type JWK, type JWTPayload, type JWTVerifyGetKey } from 'jose'
import { createPublicKey } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { ApiError } from './errors.ts'

export interface TokenVerifier {
  claims (authorization: string | undefined): Promise<JWTPayload>
  /** Why no token can be checked, or undefined. */
  problem (): Promise<string | undefined>
}

export interface TokenVerifierOptions {
  readonly jwksFile: string
  /** PEM; goes before the file. */
  readonly publicKey: string | undefined
  readonly issuer: string
  readonly audience: string
}

const algorithms = ['EdDSA', 'ES256', 'RS256']
const clockToleranceS = 5
const keysMax = 50
const keyBytesMax = 256 * 1024
const tokenCharsMax = 8_192
const lookAgainMs = 1_000

interface KeySet {
  readonly key: JWTVerifyGetKey
  readonly algorithms: readonly string[]
}

export function createTokenVerifier ({ jwksFile, publicKey, issuer, audience }: TokenVerifierOptions): TokenVerifier {
  const keys = publicKey === undefined ? watchedKeys(jwksFile) : fixedKeys(publicKey)
  return {
    async claims (authorization) {
      const token = bearerToken(authorization)
      const set = await keys().catch((error: Error) => { throw new ApiError('UNAVAILABLE', error.message) })
      try {
        const { payload } = await jwtVerify(token, set.key, { issuer, audience, algorithms: [...set.algorithms], requiredClaims: ['exp', 'sub'], clockTolerance: clockToleranceS })
        return payload
      } catch (error) {
        // What is no error of a token's checks is a key that can't be used with it.
        const why = error instanceof errors.JOSEError ? error.message : 'its key can not be used'
        throw new ApiError('TOKEN_INVALID', `The token is not accepted: ${why}.`, { cause: error })
      }
    },
    problem: () => keys().then(() => undefined, (error: Error) => error.message)
  }
}

function bearerToken (authorization: string | undefined): string {
  if (authorization === undefined) throw new ApiError('TOKEN_MISSING')
  const [, token] = /^Bearer ([\w-]+\.[\w-]+\.[\w-]*)$/i.exec(authorization.slice(0, tokenCharsMax + 7)) ?? []
  if (token === undefined || token.length > tokenCharsMax) throw new ApiError('TOKEN_INVALID', 'What follows `Bearer` is not a JSON Web Token.')
  return token
}

function fixedKeys (pem: string): () => Promise<KeySet> {
  let set: KeySet | undefined
  return async () => {
    if (set !== undefined) return set
    const jwk = pinned(publicJwk(pem))
    const key = await importJWK(jwk) as CryptoKey
    // Whatever key id a token names: there is one key.
    return set = { key: async () => key, algorithms: [jwk.alg!] }
  }
}

function publicJwk (pem: string): JWK {
  if (pem.includes('PRIVATE')) throw new Error('MESH_AUDIT_PUBLIC_KEY holds a private key; it must be the public one')
  try {
    return createPublicKey(pem).export({ format: 'jwk' }) as JWK
  } catch (error) {
    throw new Error(`MESH_AUDIT_PUBLIC_KEY is not a public key in PEM: ${(error as Error).message}`)
  }
}

function watchedKeys (file: string): () => Promise<KeySet> {
  let known: { readonly version: string, readonly set: KeySet } | undefined
  let lookedAtMs = -Infinity
  return async () => {
    if (known !== undefined && performance.now() - lookedAtMs < lookAgainMs) return known.set
    const version = await versionOf(file)
    if (known?.version !== version) known = { version, set: { key: createLocalJWKSet(keySet(await readFile(file, 'utf8'), file)), algorithms } }
    lookedAtMs = performance.now()
    return known.set
  }
}

async function versionOf (file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file)
    if (size > keyBytesMax) throw new Error(`${file} is larger than ${keyBytesMax} bytes`)
    return `${mtimeMs}/${size}/${ino}`
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new Error(`there are no keys to check tokens with yet (${file}); on one machine \`npx mesh audit token\` makes them`)
  }
}

function keySet (text: string, file: string): JSONWebKeySet {
  let keys: unknown
  try {
    keys = (JSON.parse(text) as { readonly keys?: unknown }).keys
  } catch {
    throw new Error(`${file} is not JSON`)
  }
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > keysMax) throw new Error(`${file} holds no \`keys\`, or more than ${keysMax}`)
  return { keys: keys.map(key => pinned(key as JWK)) }
}

/** With the one algorithm that a key of its kind is for (K1). */
function pinned (key: JWK): JWK {
  const { kty, crv } = key
  const alg = kty === 'OKP' && crv === 'Ed25519' ? 'EdDSA' : kty === 'EC' && crv === 'P-256' ? 'ES256' : kty === 'RSA' ? 'RS256' : undefined
  if (alg === undefined) throw new Error(`a key of the set is of a kind that is not taken (${String(kty)} ${String(crv ?? '')}); Ed25519, P-256 and RSA are`)
  if (key.d !== undefined || key.k !== undefined) throw new Error('a key of the set is private; the set must hold public keys alone')
  return { ...key, alg }
}
