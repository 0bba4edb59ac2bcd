// Street addresses in a text, found so that they can be told apart from names of homes ("1000 Kiely" at "1000 Kiely Boulevard").

const kinds = '(?:streets?|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|circle|cir|way|place|pl|terrace|parkway|pkwy|commons?|loop|highway|hwy|square|alley|trail|path|plaza|real|expressway)'
// Words that can't stand inside an address: with them the number before belongs to something else.
const breaks = '(?:at|on|in|is|are|has|have|with|located|and|for|which|that|apartments?|homes?|bed|beds|bedrooms?|baths?|bathrooms?|rooms?|dollars|per)'
const word = `(?!${breaks}\\b)(?:[A-Za-z][\\w.'-]*|\\d+(?:st|nd|rd|th))`
const address = new RegExp(`\\b\\d+[A-Za-z]?(?: \\d+)? (?:${word} ){1,5}?${kinds}\\b(?: (?:north|south|east|west|northwest|northeast)\\b)?(?:,? ?(?:#|apt\\.? ?|unit )\\s?\\w+)?`, 'gi')

/** Puts `@` in the place of each address. */
export function maskAddresses (text: string): string {
  return text.replace(address, '@')
}

export function findAddress (text: string): string | undefined {
  return text.match(address)?.[0]
}
