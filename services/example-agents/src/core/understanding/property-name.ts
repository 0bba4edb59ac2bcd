// The name of the home that a reply offers or confirms.
//
// No list of names: a candidate is a run of capitalised words (or, in an answer without capitals, the words before "apartments");
// what stands around it decides which candidate is the home.
import { notLowerNames, notNames } from './name-stopwords.ts'
import { maskAddresses } from './street-address.ts'
import { isTimeWord } from './visit-date.ts'

const housing = /^(?:apartments?|homes?|condos?|condominiums?|housing|villas?|village|gardens?|terraces?|court|house|townhomes?|residences?|associates|estates?|lofts?|towers?|penthouse)$/i
/** Words that begin a clause elsewhere but are often the later part of a name. */
const inName = /^(?:Apartments?|View|Place|Places|Property|One|Two|First|Top|All)$/
const connector = /^(?:at|of|the|on|de|del|la|las|los|by|and)$/i
const tokenPattern = /[A-Za-z0-9][\w'&-]*(?:\.(?=[A-Za-z]{3,}\b))?|[@.,:;!?$#()]/g

/** A run of capitals longer than this is a shouted sentence. */
const nameCharsMax = 100

interface Token { readonly text: string, readonly isCapital: boolean, readonly isWord: boolean }
interface Candidate { readonly name: string, readonly score: number }

/** Whether the reply speaks of a home at all; else capitals in it name something else. */
const offering = /\$|\b(?:dollars?|per month|a month|monthly|rents?|bed ?rooms?|beds?|baths?|bath ?rooms?|located|property|how about|what about|called|named)\b|@/i

/** `area` is where the person looks: it is a capitalised word too, and no home. */
export function findOffer (reply: string, area?: string): string | undefined {
  const masked = maskAddresses(reply)
  return offering.test(masked) ? bestName(masked, area) : undefined
}

/** The home named in "Please confirm: a visit to X on D". */
export function findConfirmed (reply: string, area?: string): string | undefined {
  const masked = maskAddresses(reply)
  return /\b(?:visit\w*|tour|view\w*|appointment|see|schedul\w*|book\w*)\b/i.test(masked) ? bestName(masked, area) : undefined
}

function bestName (masked: string, area: string | undefined): string | undefined {
  const tokens = [...masked.matchAll(tokenPattern)].map(([text]) => ({ text, isCapital: /^[A-Z]/.test(text), isWord: /^[A-Za-z0-9]/.test(text) }))
  const candidates = [...capitalised(tokens, area), ...lowerCase(tokens)]
  let best: Candidate | undefined
  for (const candidate of candidates) if (best === undefined || candidate.score > best.score) best = candidate
  return best !== undefined && best.score > 0 && best.name.length <= nameCharsMax ? best.name : undefined
}

function capitalised (tokens: readonly Token[], area: string | undefined): readonly Candidate[] {
  const found: Candidate[] = []
  for (let start = 0; start < tokens.length; start += 1) {
    if (!beginsName(tokens, start)) continue
    const end = endOfName(tokens, start)
    const first = leansLeft(tokens, start) ? start - 1 : start
    found.push({ name: textOf(tokens, first, end), score: scoreOf(tokens, start, end, area) })
    start = end - 1
  }
  return found
}

function beginsName (tokens: readonly Token[], at: number): boolean {
  const token = tokens[at]
  if (token === undefined || !token.isWord) return false
  const next = tokens[at + 1]
  if (/^\d{1,4}$/.test(token.text)) {
    return next !== undefined && next.isCapital && !notNames.has(next.text.toLowerCase()) && tokens[at - 1]?.text !== '$' && !isTimeWord(next.text)
  }
  if (!token.isCapital || isTimeWord(token.text)) return false
  if (token.text === 'The') return next?.isCapital === true && !notNames.has(next.text.toLowerCase()) && (!startsSentence(tokens, at) || isWholeName(tokens, at + 1))
  if (/^(?:apartments?|homes?)$/i.test(token.text)) return false
  return !notNames.has(token.text.toLowerCase())
}

/** A reply that begins with the name but without its capital: "park Tower Apartments is …". */
function leansLeft (tokens: readonly Token[], start: number): boolean {
  return start > 0 && startsSentence(tokens, start - 1) && isLowerName(tokens[start - 1])
}

/** "The Parc": one word, with nothing that would make it a name without "The". */
function isWholeName (tokens: readonly Token[], at: number): boolean {
  return endOfName(tokens, at) === at + 1
}

function startsSentence (tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1]
  return before === undefined || /^[.!?:]$/.test(before.text)
}

/** One past the last token of the name that begins at `start`. */
function endOfName (tokens: readonly Token[], start: number): number {
  let end = start + 1
  while (end < tokens.length) {
    const token = tokens[end]
    if (token === undefined || !token.isWord || isTimeWord(token.text)) break
    const isName = token.isCapital ? !notNames.has(token.text.toLowerCase()) || inName.test(token.text) : /s$/.test(token.text) && housing.test(token.text)
    const reach = isName || (end === start + 1 && beginsClause(tokens, start)) ? end + 1 : reachOver(tokens, end)
    if (reach === end) break
    end = reach
  }
  return end
}

/** "Bel air is …": a reply that begins with a name whose second word lacks its capital. */
function beginsClause (tokens: readonly Token[], start: number): boolean {
  return startsSentence(tokens, start) && isLowerName(tokens[start + 1]) && /^(?:is|has|have|located|at|@)$/.test(tokens[start + 2]?.text ?? '')
}

/** Past lower-case words that belong to the name: "Jefferson at Emerald Park", "Country club apartments". */
function reachOver (tokens: readonly Token[], at: number): number {
  const first = tokens[at]
  const second = tokens[at + 1]
  if (first === undefined) return at
  if (connector.test(first.text) && second?.isCapital === true && !notNames.has(second.text.toLowerCase()) && !isTimeWord(second.text)) return at + 2
  for (let reach = 1; reach <= 3; reach += 1) {
    const word = tokens[at + reach - 1]
    if (word === undefined || !word.isWord || (notLowerNames.has(word.text.toLowerCase()) && !(reach === 1 && /^at$/i.test(word.text)))) return at
    const after = tokens[at + reach]
    if (after !== undefined && /^(?:apartments?|condos?|homes)$/i.test(after.text)) return at + reach + 1
  }
  return at
}

const cueBefore = /^(?:at|is|are|about|called|named|as|with|recommend|suggest|the|found|out|in|to|into|like|have|including|of|consider|see|visit|visiting|for)$/i
const cueAfter = /^(?:located|at|on|is|are|has|have|which|that|offers?|in|@|looks?|seems?|address|for|with|would|also)$/i

function scoreOf (tokens: readonly Token[], start: number, end: number, area: string | undefined): number {
  const name = textOf(tokens, start, end)
  const words = tokens.slice(start, end)
  const before = tokens[start - 1]?.text ?? ''
  const after = tokens[tokens[end]?.text === ',' ? end + 1 : end]?.text ?? ''
  const isArea = area !== undefined && area.toLowerCase() === name.toLowerCase()
  return 1
    + (words.some(word => housing.test(word.text)) ? 4 : 0)
    + (/^(?:called|named)$/i.test(before) ? 4 : cueBefore.test(before) ? 1 : 0)
    + (after === '@' ? 3 : cueAfter.test(after) ? 2 : 0)
    + (words.length > 1 ? 2 : 0)
    - (isArea ? 8 : 0)
    - (/^in$/i.test(before) ? 2 : 0)
    - (words.length === 1 && startsSentence(tokens, start) && !cueAfter.test(after) ? 3 : 0)
}

/** In a reply without capitals: the words left of "apartments" or of the address. */
function lowerCase (tokens: readonly Token[]): readonly Candidate[] {
  const found: Candidate[] = []
  for (let end = 1; end < tokens.length; end += 1) {
    const token = tokens[end]
    if (token === undefined) continue
    const isHousing = /^(?:apartments|condos|condominiums)$/.test(token.text)
    const isAddress = token.text === '@'
    if (!isHousing && !isAddress) continue
    let last = isAddress && /^(?:at|on|located)$/.test(tokens[end - 1]?.text ?? '') ? end - 1 : end
    if (/^located$/.test(tokens[last - 1]?.text ?? '')) last -= 1
    let start = last
    while (start > 0 && last - start < 4 && isLowerName(tokens[start - 1])) start -= 1
    if (start === last) continue
    found.push({ name: textOf(tokens, start, isHousing ? end + 1 : last), score: isHousing ? 3 : 1 })
  }
  return found
}

function isLowerName (token: Token | undefined): boolean {
  return token !== undefined && token.isWord && !token.isCapital && !notLowerNames.has(token.text.toLowerCase()) && !/^\d{1,2}$/.test(token.text) && !isTimeWord(token.text)
}

function textOf (tokens: readonly Token[], start: number, end: number): string {
  return tokens.slice(start, end).map(token => token.text).join(' ')
}
