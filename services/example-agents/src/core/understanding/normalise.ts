// Written text, made even: one kind of quote, single spaces, a bounded length. Case is kept, because names need it.

/** Longer messages are cut: no home-seeker's wish starts this late, and every rule's time grows with the text. */
export const textCharsMax = 2_000

export function normalise (text: string): string {
  return text.slice(0, textCharsMax)
    .replace(/[\u2018\u2019\u201B\u0060\u00B4]/g, '\'')
    .replace(/[\u201C\u201D]/g, '"')
    .replace(/[\u2010-\u2015]/g, '-')
    .replace(/\s+/g, ' ')
    .trim()
}

/** Splits at full stops, question and exclamation marks (also without a space after them), but not inside "$4.50" or "a@b.com". */
export function sentencesOf (text: string): readonly string[] {
  return text.split(/(?<=[.!?])(?:\s+|(?=[A-Za-z][A-Za-z']*\s))/).map(sentence => sentence.trim()).filter(sentence => sentence !== '')
}
