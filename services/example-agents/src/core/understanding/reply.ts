// What our own last reply asked or offered: "yes" and "four" mean nothing without it.
import { normalise } from './normalise.ts'
import { findConfirmed, findOffer } from './property-name.ts'
import { findAddress } from './street-address.ts'
import { findVisitDate } from './visit-date.ts'

export interface ReplyReading {
  readonly asksArea: boolean
  readonly asksBeds: boolean
  readonly asksBaths: boolean
  readonly asksVisitDate: boolean
  readonly offersVisit: boolean
  readonly offersMoreHelp: boolean
  readonly asksCalendarEntry: boolean
  /** A visit is repeated to the person, to be confirmed. */
  readonly confirmsVisit: boolean
  /** The home that the reply names. */
  readonly offer?: string
  readonly visitDate?: string
}

export const silence: ReplyReading = {
  asksArea: false, asksBeds: false, asksBaths: false, asksVisitDate: false,
  offersVisit: false, offersMoreHelp: false, asksCalendarEntry: false, confirmsVisit: false
}

const area = /\b(?:area|city|where|elsewhere|location|place|town|neighbou?rhood|region|part of)\b/i
const beds = /\b(?:bed ?-?rooms?|beds|rooms?)\b/i
const baths = /\b(?:bath ?-?rooms?|baths?)\b/i
const date = /\b(?:when|what day|which day|what date|which date|date|day)\b/i
const visit = /\b(?:visit\w*|tour|viewing|view|appointment|schedul\w*|see (?:it|the|this|that)|look at|check it out|come see|book)\b/i
const invitation = /\b(?:would you|do you|shall i|should i|can i|may i|want (?:me )?to|want a|if you (?:would )?like|could i|will you|you would like|like (?:me )?to|interested in|can we|is required|schedule a visit\?|shall we|let me)\b/i
const moreHelp = /\b(?:any ?thing|some ?thing|what) (?:else|more|further)\b|\bany ?thing (?:i|we) can\b|\b(?:further|additional|more|other|any) (?:help|assist\w*|support|favou?rs?)\b|\bhelp (?:you )?(?:with )?(?:any ?thing|more|further|some more)\b|\bassist(?:ed|ance)?\b|\bhelp you (?:in any|with)\b|\bhelp (?:you )?out (?:some )?more\b|\bany ?thing to help\b|\bhelp more\b|\bmore details\?|\b(?:be|is that) all\?|\b(?:want|need) me to do\b/i
const price = /\$ ?\d|\b(?:dollars?|per month|a month|monthly|rents?)\b/i
const rooms = /\b(?:\d|one|two|three|four|five)[- ](?:bed|bath|br\b|room)/i

/** Whether a home is described: a price, and what it is the price of. Then there is something to ask about and to visit. */
export function describesHome (text: string): boolean {
  const reply = normalise(text)
  return price.test(reply) && (rooms.test(reply) || findAddress(reply) !== undefined)
}

export function readReply (text: string, searchedArea?: string): ReplyReading {
  const reply = normalise(text)
  const offersMoreHelp = moreHelp.test(reply)
  // "Can I help with anything else today?" names no day of a visit.
  const visitDate = offersMoreHelp ? undefined : findVisitDate(reply)
  const isDescription = describesHome(reply)
  const confirmsVisit = visitDate !== undefined && !isDescription
  const offer = confirmsVisit ? findConfirmed(reply, searchedArea) : findOffer(reply, searchedArea)
  const asks = /\?/.test(reply) || !isDescription
  const asksVisitDate = !confirmsVisit && date.test(reply) && asks && (visit.test(reply) || !area.test(reply))
  return {
    asksArea: /\?|\b(?:wh(?:ich|at|ats|ere)|any|specify|tell me|need to know)\b/i.test(reply) && asks && !confirmsVisit && area.test(reply),
    asksBeds: asks && !isDescription && !confirmsVisit && beds.test(reply),
    asksBaths: asks && !isDescription && !confirmsVisit && baths.test(reply),
    asksVisitDate,
    offersVisit: !confirmsVisit && visit.test(reply) && (invitation.test(reply) || /\?/.test(reply)),
    offersMoreHelp,
    asksCalendarEntry: /\bcal[ea]nd[ae]r\b/i.test(reply) && /\?/.test(reply),
    confirmsVisit,
    ...offer !== undefined ? { offer } : {},
    ...visitDate !== undefined ? { visitDate } : {}
  }
}
