// What the example agents know of language. Rules only: they take well under a millisecond and say the same thing every time.
export { findAddress } from './street-address.ts'
export { details, leadIntents, type Contact, type Detail, type Goal, type LeadIntent, type LeadIntentName, type LeadSlots } from './lead-intent.ts'
export { newConversation, observeReply, type ConversationState, type ReplyFacts } from './state.ts'
export { understand, type Understanding } from './understand.ts'
