// Ed25519 keys (RFC 8032): their ids, and their public halves as 32 bytes.
import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, type KeyObject, sign, verify } from 'node:crypto'
import { possessionStatement } from './core/statement.ts'

export interface SigningKey {
  readonly keyId: string
  readonly publicKey: Buffer
  readonly privateKey: KeyObject
}

const idBytes = 12
const publicKeyBytes = 32

/** The key's own hash, so that an id can't be given to another key. */
export const keyIdOf = (publicKey: Uint8Array): string => hash('sha256', publicKey, 'buffer').subarray(0, idBytes).toString('base64url')

export function createSigningKey (): { readonly key: SigningKey, readonly pem: string } {
  const { privateKey } = generateKeyPairSync('ed25519')
  return { key: signingKeyOf(privateKey), pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

/** From PKCS #8 in PEM. Throws a message without the key's content. */
export function signingKeyFrom (pem: string): SigningKey {
  let privateKey: KeyObject
  try {
    privateKey = createPrivateKey(pem)
  } catch {
    throw new Error('it is not a private key in PEM (PKCS #8)')
  }
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error(`it is a key of type ${privateKey.asymmetricKeyType}; signatures are Ed25519`)
  return signingKeyOf(privateKey)
}

export function verifyingKeyFrom (publicKey: Buffer): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') }, format: 'jwk' })
}

/** Shows that its holder registers the key for this agent. */
export const possessionOf = ({ keyId, privateKey }: SigningKey, agent: string): Buffer => sign(null, possessionStatement(agent, keyId), privateKey)

/** A public key as a registration shows it, base64url. */
export interface ShownKey {
  readonly publicKey: string
  readonly possession: string
}

export const shownKey = (key: SigningKey, agent: string): ShownKey =>
  ({ publicKey: key.publicKey.toString('base64url'), possession: possessionOf(key, agent).toString('base64url') })

export function isPossessed (publicKey: Buffer, agent: string, possession: Buffer): boolean {
  if (publicKey.length !== publicKeyBytes) return false
  try {
    return verify(null, possessionStatement(agent, keyIdOf(publicKey)), verifyingKeyFrom(publicKey), possession)
  } catch {
    // 32 bytes that are no point of the curve.
    return false
  }
}

function signingKeyOf (privateKey: KeyObject): SigningKey {
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' })
  const publicKey = Buffer.from(x!, 'base64url')
  return { keyId: keyIdOf(publicKey), publicKey, privateKey }
}
