import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import {
  type ApiRequest, commitOffsetsRequest, endRequest, initProducerRequest, produceRequest, transactionVersionRequest
} from './transaction-requests.ts'

const producer = { transactionalId: 'tx', producerId: 5n, producerEpoch: 3 }

function written (request: ApiRequest<unknown>): string {
  const to = new ByteWriter(request.bytesMax)
  request.write(to)
  return to.written.toString('hex')
}
const answered = <Answer> (request: ApiRequest<Answer>, hex: string): Answer => request.read(new ByteReader(Buffer.from(hex.replaceAll(' ', ''), 'hex')))

// Each byte by hand from the protocol guide: flexible versions, lengths one more than they are.
describe('the bytes of requests', () => {
  test('InitProducerId 4', () => {
    expect(written(initProducerRequest('tx', 2_000))).toBe('037478' + '000007d0' + 'ffffffffffffffff' + 'ffff' + '00')
  })

  test('EndTxn 5', () => {
    expect(written(endRequest(producer))).toBe('037478' + '0000000000000005' + '0003' + '01' + '00')
  })

  test('TxnOffsetCommit 5', () => {
    expect(written(commitOffsetsRequest(producer, 'g', [{ topic: 'a', partition: 2, offset: 258 }]))).toBe(
      '037478' + '0267' + '0000000000000005' + '0003' + 'ffffffff' + '01' + '00' +
      '02' + '0261' + '02' + '00000002' + '0000000000000102' + 'ffffffff' + '00' + '00' + '00' + '00')
  })

  test('Produce 12 holds one transactional batch a partition, with its epoch and sequence', () => {
    const hex = written(produceRequest(producer, [{ topic: 'a', partition: 1, firstSequence: 7, messages: [{ key: 'k', value: 'v' }] }], 1_000, 0))
    expect(hex.slice(0, 40)).toBe('037478' + 'ffff' + '000003e8' + '02' + '0261' + '02' + '00000001' + '47' + '0000')
    // Behind length, leader epoch, magic and checksum: attributes, last delta, both times, producer, epoch, sequence, count.
    expect(hex).toContain('0010' + '00000000' + '0000000000000000'.repeat(2) + '0000000000000005' + '0003' + '00000007' + '00000001')
    expect(hex.endsWith('000000')).toBe(true)
  })
})

describe('answers', () => {
  test('EndTxn 5 gives the next epoch', () => {
    expect(answered(endRequest(producer), '00000000 0000 0000000000000006 0000 00')).toEqual({ errorCode: 0, producerId: 6n, producerEpoch: 0 })
  })

  test('Produce 12 says where, when, and what was refused, whatever tags come with it', () => {
    const one = '00000001 0000 0000000000000009 000001a0b1c2d3e4 0000000000000000 01 00 00'
    const other = '00000002 000a ffffffffffffffff ffffffffffffffff 0000000000000000 02 00000000 00 00 0578787878 01 00 03 010203'
    expect(answered(produceRequest(producer, [], 1, 0), `02 0261 03 ${one} ${other} 00 00000000 00`)).toEqual([
      { topic: 'a', partition: 1, errorCode: 0, baseOffset: 9, appendedAtMs: 0x1a0b1c2d3e4 },
      { topic: 'a', partition: 2, errorCode: 10, baseOffset: -1, appendedAtMs: undefined }
    ])
  })

  test('TxnOffsetCommit 5 names each partition', () => {
    expect(answered(commitOffsetsRequest(producer, 'g', []), '00000000 02 0261 02 00000002 0033 00 00 00')).toEqual([{ topic: 'a', partition: 2, errorCode: 51 }])
  })

  test.each([
    ['at 2', `02 1a 02 14 ${Buffer.from('transaction.version').toString('hex')} 0002 0000 00`, 2],
    ['not there', '', 0]
  ])('the cluster\'s transaction.version %s', (_, features, level) => {
    const keys = '02 0012 0000 0004 00'
    expect(answered(transactionVersionRequest(), `0000 ${keys} 00000000 ${features === '' ? '00' : `01 ${features}`}`)).toBe(level)
  })

  test('an answer that ends early is an error', () => {
    expect(() => answered(endRequest(producer), '00000000 0000 00')).toThrow(RangeError)
  })
})

test('numbers and texts come out as they went in', () => {
  fc.assert(fc.property(fc.nat(2 ** 32 - 1), fc.option(fc.string({ unit: 'grapheme', maxLength: 300 })), fc.array(fc.nat(100)), (number, text, items) => {
    const to = new ByteWriter(5_000)
    to.unsignedVarint(number)
    to.compactString(text)
    to.compactArray(items, item => to.int32(item))
    to.noTags()
    const from = new ByteReader(to.written)
    expect([from.unsignedVarint(), from.compactString(), from.compactArray(() => from.int32())]).toEqual([number, text, items])
    from.tags(() => { throw new Error('no tag was written') })
    expect(() => from.int16()).toThrow(RangeError)
  }))
})
