import { describe, expect, test } from '@jest/globals'
import { createPrivateKey, createPublicKey, hash, sign } from 'node:crypto'
import { base64Of, checkpointText, hashFromBase64, noteBytesMax, noteOf, parseNote } from './core/note.ts'
import { checkSignature, keyFromText, keyText, noteKey, signedNote } from './note-key.ts'

// RFC 8032 §7.1, test 1.
const secret = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex')
const privateKey = createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), secret]), format: 'der', type: 'pkcs8' })
const publicKey = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex')
const key = noteKey('mesh/audit', publicKey)
const checkpoint = { origin: 'mesh/audit', size: 17, root: Buffer.alloc(32, 7).toString('latin1') }
const note = signedNote(checkpoint, key, privateKey)

describe('a checkpoint', () => {
  test('is three lines, an empty one, and a signature line', () => {
    const lines = note.split('\n')
    expect(lines.slice(0, 4)).toEqual(['mesh/audit', '17', 'BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=', ''])
    expect(lines[4]).toMatch(/^— mesh\/audit [A-Za-z0-9+/]{91}=$/)
    expect(lines.slice(5)).toEqual([''])
  })

  test('is signed under the id that signed-note gives to the key', () => {
    const id = hash('sha256', Buffer.concat([Buffer.from('mesh/audit\n'), Buffer.of(1), publicKey]), 'buffer').subarray(0, 4)
    const bytes = Buffer.from(note.split(' ').at(-1)!, 'base64')
    expect(bytes.subarray(0, 4)).toEqual(id)
    expect(bytes.subarray(4)).toEqual(sign(null, Buffer.from('mesh/audit\n17\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n'), privateKey))
  })

  test('is read as it was written', () => {
    const parsed = parseNote(note)
    expect(parsed).toMatchObject({ checkpoint, text: checkpointText(checkpoint), signatures: [{ name: 'mesh/audit', keyId: key.keyId }] })
    expect(checkSignature(parsed!, key)).toBe('good')
  })

  test('may have further lines, which are signed, too', () => {
    const text = `${checkpointText(checkpoint)}more\n`
    const parsed = parseNote(noteOf(text, { name: 'mesh/audit', keyId: key.keyId, signature: sign(null, Buffer.from(text), privateKey) }))
    expect(parsed?.checkpoint).toEqual(checkpoint)
    expect(checkSignature(parsed!, key)).toBe('good')
    expect(checkSignature({ ...parsed!, text: checkpointText(checkpoint) }, key)).toBe('forged')
  })

  test.each([
    ['another size', note.replace('\n17\n', '\n18\n'), 'forged'],
    ['another root', note.replace('\nBwc', '\nCwc'), 'forged'],
    ['another origin', note.replace('mesh/audit\n', 'mesh/other\n'), 'forged'],
    ['another name beside the signature', note.replace('— mesh/audit', '— mesh/other'), 'other-key'],
    ['another key id', note.replace(/(— mesh\/audit )..../, '$1AAAA'), 'other-key'],
    ['another signature', note.replace(/.{9}\n$/, 'AAAAAAAA=\n'), 'forged'],
    ['a good and a forged signature', note + note.split('\n')[4]!.replace(/.{9}$/, 'AAAAAAAA=') + '\n', 'forged'],
    ['a witness\'s signature beside', `${note}— witness AAAAAAAA\n`, 'good']
  ])('with %s is %s', (_what, text, verdict) => expect(checkSignature(parseNote(text)!, key)).toBe(verdict))

  test('of another key is not its own, nor is one under a key that is no point of the curve', () => {
    expect(checkSignature(parseNote(note)!, noteKey('mesh/audit', Buffer.alloc(32, 1)))).toBe('other-key')
    const bad = noteKey('mesh/audit', Buffer.alloc(32, 0xff))
    expect(checkSignature(parseNote(noteOf(checkpointText(checkpoint), { name: bad.name, keyId: bad.keyId, signature: Buffer.alloc(64) }))!, bad)).toBe('forged')
  })

  test.each([
    ['no signature', checkpointText(checkpoint)], ['no end', note.slice(0, -1)], ['a size with a zero before it', note.replace('\n17', '\n017')], ['a size that is none', note.replace('\n17', '\n1.5')],
    ['a negative size', note.replace('\n17', '\n-1')], ['a size beyond 2^53', note.replace('\n17', '\n9007199254740993')], ['a short root', note.replace('BwcHBwcH', '')],
    ['a root in loose base64', note.replace('Bwc=\n', 'Bwd=\n')], ['no origin', note.replace('mesh/audit\n', '\n')], ['a signature line of another form', note.replace('— ', '- ')],
    ['a signature that is too short', note.replace(/(— mesh\/audit ).*/, '$1AAAA')], ['a signature in loose base64', note.replace(/=\n$/, '\n')],
    ['half of a surrogate pair', note.replace('mesh/audit\n', 'mesh\ud800\n')], ['more than a note holds', note.replace('mesh/audit\n', `${'m'.repeat(noteBytesMax)}\n`)],
    ['more signatures than a note holds', note + '— w AAAAAAAA\n'.repeat(100)], ['nothing', ''], ['empty lines alone', '\n\n']
  ])('with %s is none', (_what, text) => expect(parseNote(text)).toBeUndefined())

  test('of no statement is one, too', () => expect(parseNote(signedNote({ ...checkpoint, size: 0 }, key, privateKey))?.checkpoint.size).toBe(0))
})

describe('a key as a text', () => {
  const text = keyText(key)

  test('is read as it was written', () => {
    expect(text).toBe(`mesh/audit+${key.keyId.toString('hex')}+${Buffer.concat([Buffer.of(1), publicKey]).toString('base64')}`)
    expect(keyFromText(`${text}\n`)).toEqual(key)
    expect(createPublicKey(privateKey).export({ format: 'jwk' }).x).toBe(publicKey.toString('base64url'))
  })

  test.each([
    ['another id', text.replace(/\+[0-9a-f]{8}\+/, '+00000000+')], ['another algorithm', text.replace(/[^+]+$/, Buffer.concat([Buffer.of(2), publicKey]).toString('base64'))], ['another name', text.replace('mesh/', 'mash/')],
    ['bytes missing', text.slice(0, -4)], ['no parts', 'key'], ['loose base64', `${text}=`], ['nothing', '']
  ])('with %s is none', (_what, other) => expect(keyFromText(other)).toBeUndefined())
})

test('a hash has one form in base64', () => {
  expect(hashFromBase64(base64Of(checkpoint.root))).toBe(checkpoint.root)
  expect(hashFromBase64(`${base64Of(checkpoint.root)} `)).toBeUndefined()
  expect(hashFromBase64('BwcH')).toBeUndefined()
})
