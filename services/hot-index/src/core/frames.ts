// A dispatch's events as one value: four bytes with the hour of its bucket, then frames of four bytes of length and an event.
//
// F1. The same event is the same frame, so that whether a value has an event is a search for its frame.
// F2. Whatever the bytes, reading ends: with the frames, or with an error.

export const headBytes = 4
const lengthBytes = 4

export function frameOf (event: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(lengthBytes + event.length)
  frame.writeUInt32BE(event.length, 0)
  event.copy(frame, lengthBytes)
  return frame
}

export function eventsIn (value: Buffer): Buffer[] {
  const events: Buffer[] = []
  for (let at = headBytes; at < value.length;) {
    const bytes = at + lengthBytes <= value.length ? value.readUInt32BE(at) : Infinity
    const end = at + lengthBytes + bytes
    if (end > value.length) throw new RangeError(`a frame ends at byte ${end} of ${value.length}`)
    events.push(value.subarray(at + lengthBytes, end))
    at = end
  }
  return events
}
