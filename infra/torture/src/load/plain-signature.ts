// How a source that isn't made with the SDK signs: written from what services/signing/README.md says, sharing no code with it.
// Each dispatch is signed alone. The key follows from the seed, so a run that is started again signs as before.
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'

export interface PlainKey {
  readonly keyId: string
  readonly publicKey: Buffer
  readonly privateKey: KeyObject
}

const sha256 = (...parts: readonly (string | Buffer)[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
/** PKCS #8 of an Ed25519 key, up to its 32 bytes (RFC 8410). */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex')

export function plainKeyOf (seed: number, source: string): PlainKey {
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Head, sha256(`${seed}/${source}`)]), format: 'der', type: 'pkcs8' })
  const publicKey = Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x!, 'base64url')
  return { keyId: sha256(publicKey).subarray(0, 12).toString('base64url'), publicKey, privateKey }
}

/** For the registration. */
export const possessionOf = ({ keyId, privateKey }: PlainKey, agent: string): Buffer =>
  sign(null, Buffer.from(`mesh.key-possession.v1\0${agent}\0${keyId}\0`), privateKey)

export function signAlone ({ keyId, privateKey }: PlainKey, body: Buffer): { keyId: string, signature: Buffer, proof: Buffer } {
  const root = sha256(Buffer.of(0), body)
  const statement = Buffer.concat([Buffer.from(`mesh.signed-batch.v1\0${keyId}\0`), Buffer.of(0, 1), root])
  return { keyId, signature: sign(null, statement, privateKey), proof: Buffer.alloc(0) }
}
