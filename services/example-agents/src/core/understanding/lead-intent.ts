// The words of understanding: what a home-seeker wants, what was said about it, and what is remembered between turns.
//
// Terminology: a *turn* is one message of the person; a *reply* is one message of ours; a *slot* is one thing that is known about the
// wanted home; a *goal* is what the person is busy with and outlives the turn, an *intent* is what this one turn does.

export const leadIntents = ['find_home', 'schedule_visit', 'sell_home', 'ask_detail', 'talk_to_human', 'greet', 'goodbye', 'other'] as const
export type LeadIntentName = typeof leadIntents[number]

/** `none`: nothing yet, or all is done. `note_visit`: the visit is to be put into the person's calendar. */
export type Goal = 'none' | 'find_home' | 'schedule_visit' | 'note_visit' | 'sell_home'

export const details = ['phone', 'address', 'price', 'pets', 'furnished', 'laundry', 'beds', 'baths'] as const
export type Detail = typeof details[number]

/** What is known about the home: the one wanted, or the one to be sold. */
export interface LeadSlots {
  readonly area?: string
  /** 0 is a studio. */
  readonly beds?: number
  /** Whole ones: 2 for "2.5 baths". */
  readonly baths?: number
  /** Whole dollars, as said: a month's rent from someone who rents, a price from someone who buys or sells. */
  readonly budgetMin?: number
  readonly budgetMax?: number
  readonly petsAllowed?: boolean
  readonly furnished?: boolean
  readonly inUnitLaundry?: boolean
  /** In the person's own words ("next Friday", "March 8th"). */
  readonly visitDate?: string
  readonly propertyName?: string
}

export interface Contact {
  readonly name?: string
  readonly email?: string
  readonly phone?: string
}

export interface LeadIntent {
  readonly intent: LeadIntentName
  readonly goal: Goal
  /** All that is known by now, not only what this turn added. */
  readonly slots: LeadSlots
  /** What this turn asks about the home on offer; empty when it asks nothing. */
  readonly asks: readonly Detail[]
  /** All that is known by now; absent while nothing is. */
  readonly contact?: Contact
}
