// What an agent claims goes to a terminal only through here.
//
// P1. No control character, and none that turns the direction of writing, reaches the terminal: names and ids come from
//     whoever wrote to the topic.
// P2. A text is bounded, unless it is what was asked for.
const charsMax = 120

const unprintable = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** A whole text without a bound, as lines: what somebody asked to read. */
export function readableText (text: string): string {
  return text.replace(unprintable, char => char === '\n' || char === '\t' ? char : '\uFFFD')
}

export function printable (text: string | null | undefined): string {
  if (text === null || text === undefined || text === '') return '–'
  const bounded = text.length > charsMax ? `${text.slice(0, charsMax - 1)}…` : text
  return bounded.replace(unprintable, '\uFFFD')
}
