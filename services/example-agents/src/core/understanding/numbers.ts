// Small whole numbers, as digits or as words.

const words = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'] as const

/** A part for a regular expression that matches what `countOf` reads. */
export const countPattern = `(?:\\d{1,2}|${words.slice(1).join('|')}|single|double|an?)`

const aliases: Readonly<Record<string, number>> = { a: 1, an: 1, single: 1, double: 2 }

export function countOf (text: string): number | undefined {
  const word = text.toLowerCase()
  if (/^\d{1,2}$/.test(word)) return Number(word)
  const index = words.findIndex(known => known === word)
  return index >= 0 ? index : aliases[word]
}
