// Who the person is and how to reach them, when they say so. The values are personal data: they belong in slots and tables, never in logs.
import type { Contact } from './lead-intent.ts'

const email = /[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,4}\.[A-Za-z]{2,24}/
const phone = /(?<!\d)(?:\+?1[-. ]?)?(?:\(\d{3}\) ?|\d{3}[-. ]?)\d{3}[-. ]?\d{4}(?!\d)/
const internationalPhone = /\+\d{1,3}(?:[-. ]?\d{2,4}){2,5}/
const namePart = '[A-Z][A-Za-z\'-]{0,30}'
const name = new RegExp(`\\b(?:[Mm]y (?:full )?name is|[Mm]y name's|[Cc]all me|[Tt]his is|I am|I'm|[Ii]t's|[Nn]ame:)\\s+(${namePart}(?: ${namePart}){0,2})(?=[,.!;]|$| and | here\\b| from\\b| calling\\b| speaking\\b| my\\b)`)

/** Words that follow "I am" and "This is" with a capital and are no name. */
const notNames = /^(?:I|The|A|An|In|It|Ok|Okay|Yes|No|Great|Good|Perfect|Looking|Interested|Fine|Sure|Not|Just|So|Very|Really)$/

/** The text without addresses and numbers to reach the person at, so that no other rule takes their digits for its own. */
export function withoutContact (text: string): string {
  return text.replace(new RegExp(email, 'g'), ' ').replace(new RegExp(phone, 'g'), ' ').replace(new RegExp(internationalPhone, 'g'), ' ')
}

export function findContact (text: string): Contact {
  const foundEmail = email.exec(text)?.[0]
  const foundPhone = phone.exec(text)?.[0] ?? internationalPhone.exec(text)?.[0]
  const foundName = name.exec(text)?.[1]
  const isName = foundName !== undefined && !notNames.test(foundName.split(' ')[0] ?? '')
  return {
    ...isName ? { name: foundName } : {},
    ...foundEmail !== undefined ? { email: foundEmail.toLowerCase() } : {},
    ...foundPhone !== undefined ? { phone: foundPhone.trim() } : {}
  }
}
