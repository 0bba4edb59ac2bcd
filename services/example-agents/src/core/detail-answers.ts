// Answers to questions about the home on offer.
import type { Home } from './home.ts'
import { counted, dollarsText } from './wording.ts'
import type { Detail } from './understanding/index.ts'

const answers: Readonly<Record<Detail, (home: Home) => string>> = {
  phone: home => `The phone number is ${home.phone}.`,
  address: home => `The address is ${home.address}, ${home.area}.`,
  price: home => `The rent is ${dollarsText(home.rentDollars)} per month.`,
  pets: home => home.petsAllowed ? 'Yes, pets are allowed.' : 'No, pets are not allowed.',
  furnished: home => home.furnished ? 'Yes, it is furnished.' : 'No, it is not furnished.',
  laundry: home => home.inUnitLaundry ? 'Yes, it has in-unit laundry.' : 'No, it has no in-unit laundry.',
  beds: home => `It has ${counted(home.beds, 'bedroom')}.`,
  baths: home => `It has ${counted(home.baths, 'bathroom')}.`
}

/** One sentence for each thing asked, in the order asked. */
export function answerDetails (home: Home, asks: readonly Detail[]): string[] {
  return asks.map(asked => answers[asked](home))
}
