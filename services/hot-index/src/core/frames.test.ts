import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { eventsIn, frameOf, headBytes } from './frames.ts'

const bytes = fc.uint8Array().map(each => Buffer.from(each))

test('events come out as they went in', () =>
  fc.assert(fc.property(fc.array(bytes), events => expect(eventsIn(Buffer.concat([Buffer.alloc(headBytes), ...events.map(frameOf)]))).toEqual(events))))

test('a value that was cut, or isn\'t one, ends in an error or in what is there', () =>
  fc.assert(fc.property(bytes, value => {
    try {
      expect(eventsIn(value).reduce((sum, event) => sum + event.length + 4, headBytes)).toBeLessThanOrEqual(Math.max(headBytes, value.length))
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError)
    }
  })))
