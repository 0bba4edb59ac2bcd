// Writes vectors/signing.json: what an SDK in another language can be checked with. Keys are fixed, and Ed25519 signs the same
// bytes alike each time, so the file changes only when the format does.
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { derivedId, linkOf } from '../src/core/chain.ts'
import { levelsOf } from '../src/core/merkle.ts'
import { batchStatement, possessionStatement } from '../src/core/statement.ts'
import { digest, sha256 } from '../src/hashing.ts'
import { keyIdOf, signBatch, type SigningKey } from '../src/index.ts'
import { possessionOf } from '../src/keys.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const hexOf = (hash: string): string => Buffer.from(hash, 'latin1').toString('hex')
/** PKCS #8 of an Ed25519 key, up to its seed (RFC 8410). */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex')

function keyOf (seed: Buffer): SigningKey {
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: 'der', type: 'pkcs8' })
  const publicKey = Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x!, 'base64url')
  return { keyId: keyIdOf(publicKey), publicKey, privateKey }
}

const seeds = { planner: Buffer.alloc(32, 1), thief: Buffer.alloc(32, 2) }
const [planner, thief] = [keyOf(seeds.planner), keyOf(seeds.thief)]
const bodiesOf = (count: number): Buffer[] => Array.from({ length: count }, (_, i) => Buffer.from(`body ${i} of ${count}`))

const batches = [1, 2, 3, 5, 8, 64].map(count => {
  const bodies = bodiesOf(count)
  const root = levelsOf(bodies.map(sha256.leaf), sha256).at(-1)![0]!
  return {
    bodies: bodies.map(hex), leaves: bodies.map(body => hexOf(sha256.leaf(body))),
    root: hexOf(root), statement: hex(batchStatement(planner.keyId, count, root)),
    signed: signBatch(planner, bodies).map(({ keyId, signature, proof }) => ({ keyId, signature: hex(signature), proof: hex(proof) }))
  }
})

const bent = (bytes: Buffer, at = bytes.length - 1): Buffer => Buffer.from(bytes.map((byte, index) => index === at ? byte ^ 1 : byte))
const [first, second] = signBatch(planner, bodiesOf(5))
const body = bodiesOf(5)[0]!
const stolen = signBatch(thief, [body])[0]!
const bad = ([
  ['altered body', { body: bent(body), ...first! }, 'SIGNATURE_INVALID'],
  ['altered signature', { body, ...first!, signature: bent(first!.signature) }, 'SIGNATURE_INVALID'],
  ['altered path', { body, ...first!, proof: bent(first!.proof) }, 'SIGNATURE_INVALID'],
  ['altered index', { body, ...first!, proof: bent(first!.proof, 1) }, 'SIGNATURE_INVALID'],
  ['altered size', { body, ...first!, proof: bent(first!.proof, 3) }, 'SIGNATURE_INVALID'],
  ['path cut short', { body, ...first!, proof: first!.proof.subarray(0, -32) }, 'SIGNATURE_INVALID'],
  ['path of another body', { body, ...first!, proof: second!.proof }, 'SIGNATURE_INVALID'],
  ['shown as if signed alone', { body, ...first!, proof: Buffer.alloc(0) }, 'SIGNATURE_INVALID'],
  ['not signed', { body, keyId: '', signature: Buffer.alloc(0), proof: Buffer.alloc(0) }, 'UNSIGNED'],
  ['unknown key', { body, ...first!, keyId: 'AAAAAAAAAAAAAAAA' }, 'KEY_UNKNOWN'],
  ['somebody else\'s signature', { body, ...stolen }, 'KEY_NOT_OF_SOURCE'],
  ['somebody else\'s signature under the source\'s key id', { body, ...stolen, keyId: planner.keyId }, 'SIGNATURE_INVALID']
] as const).map(([what, signed, code]) => ({ what, source: 'planner', body: hex(signed.body), keyId: signed.keyId, signature: hex(signed.signature), proof: hex(signed.proof), code }))

const root = '01890a5d-ac96-774b-bcce-b302099a8057'
const link = linkOf(2, 3)
const child = derivedId('gateway', root, linkOf(1), digest)
const vectors = {
  keys: Object.entries({ planner, thief }).map(([agent, { keyId, publicKey }]) =>
    ({ agent, seed: hex(seeds[agent as keyof typeof seeds]), publicKey: hex(publicKey), keyId })),
  possession: { agent: 'planner', statement: hex(possessionStatement('planner', planner.keyId)), signature: hex(possessionOf(planner, 'planner')) },
  batches,
  bad,
  ids: [
    { parentSource: 'gateway', parentId: root, link: linkOf(1), id: child },
    { parentSource: 'planner', parentId: child, link, id: derivedId('planner', child, link, digest) }
  ]
}

writeFileSync(new URL('../vectors/signing.json', import.meta.url), `${JSON.stringify(vectors, null, 2)}\n`)
