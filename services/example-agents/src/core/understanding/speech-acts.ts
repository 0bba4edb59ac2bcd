// What a turn does in the conversation, apart from what it says about homes: agree, decline, thank, greet, part, ask for a human.

export interface SpeechActs {
  readonly agrees: boolean
  readonly declines: boolean
  /** Likes the home on offer ("that sounds good", "I'll take it"). */
  readonly likes: boolean
  readonly thanks: boolean
  readonly greets: boolean
  readonly parts: boolean
  readonly wantsVisit: boolean
  readonly wantsCalendarEntry: boolean
  readonly wantsHome: boolean
  readonly wantsOthers: boolean
  readonly wantsHuman: boolean
  readonly sells: boolean
}

const opening = '^(?:(?:oh|ok|okay|well|hmm|um|great|alright|hi|hello|thanks|thank you)[,.!]* )*'
const agree = new RegExp(`${opening}(?:yes|yeah|yep|yup|ya|sure|of course|absolutely|definitely|certainly|please do|please|right|correct|exactly|fine|perfect|great|cool|awesome|alright|okay|ok|go ahead|why not|i would|i do|that(?:'s| is| would be| will be|s) (?:right|correct|good|fine|great|perfect|wonderful|nice|it)|(?:that |it |this )?(?:sounds?|looks?|seems?))\\b`, 'i')
const decline = new RegExp(`${opening}(?:no|nope|nah|not|never ?mind|nothing|don't|i don't|i'm not|i can't|maybe later|later)\\b`, 'i')
const notNow = /\b(?:not (?:right )?now|not (?:at this|for the) (?:time|moment)|not yet|just yet|maybe later|another time|some other time|(?:don't|do not|won't|not|no longer) (?:ready|want|need|wish|like|think|schedule)|(?:perhaps|maybe) (?:later|another)|no need)\b/i

const praise = '(?:good|great|nice|perfect|fine|ideal|promising|wonderful|excellent|amazing|awesome|lovely|okay|ok|alright|right|cool|fantastic|interesting|reasonable|decent|best|suitable|beautiful|terrific)'
const like = new RegExp([
  `\\b(?:sounds?|looks?|seems?|is|are|'s|be|am|sounding|apartment'?s|thats|its)(?: (?:like|to be|really|very|so|pretty|just|quite|also|a|an|the|that|as|too|perfectly|absolutely|good|more|such))* ${praise}\\b`,
  '\\b(?:i|we)(?: (?:really|do|might|think|would|\'ll|will|am|guess))*(?: i)?(?:\'ll|\'d)? (?:like|love|take|rent|choose|pick|go with) (?:this|that|it|the|to rent)\\b',
  '\\b(?:works?|fits?|suits?|matche?s?|do)(?: \\w+)? (?:for me|me|my|what|well|great|perfectly|just fine)\\b',
  '\\b(?:will|would|should|that|it|this|apartment|place|one|might) (?:works?|does it|do)\\b',
  '\\b(?:check (?:it|them|this|that) out|try (?:this|that|it))\\b',
  '\\binterested in (?:this|that|the|it|renting)\\b',
  '\\b(?:good|great|perfect|nice|excellent|fine|best) (?:choice|option|fit|one|place|apartment|match|enough)\\b',
  '\\beverything (?:i|we|that)\\b',
  '\\b(?:what|which)(?: is)? (?:i|we)(?: am|\'m|\'re| are|\'ve| have| was)? (?:looking for|been looking|want|wanted|need|searching)',
  '^(?:(?:yes|ok|okay|oh|yeah|well)[,.!]* )*(?:perfect|great|good|excellent|wonderful|fine|awesome|lovely|nice|amazing|cool|fantastic|terrific)[ ,.!]*(?:thanks|thank you|then|\\.|!|$)'
].join('|'), 'i')

const visit = /\b(?:visit(?:ing)?|tour|viewing|appointments?|schedul\w*|walk ?through|reservation|(?:take|have) a (?:closer )?look|check (?:it|that|this|the \w+) out|inspection|(?:see|view|inspect|tour|look at) (?:it|this|that|the|them|there)\b(?! (?:phone|number|address))|come (?:by|see|over)|set (?:it|that|one|me) up|book (?:it|one|me|a))\b/i
const calendar = /\bcal[ea]?nd[ae]r\b|\b(?:in|on|to|into) my (?:schedule|agenda|diary)\b|\b(?:add|put|save|include)\b.{0,40}\b(?:event|to title)\b/i
const home = /\b(?:apartments?|apartmetn|apts?|flats?|condos?|homes?|houses?|propert(?:y|ies)|place|rental|rent|live|move|moving|bed ?rooms?|acc?omm?odations?|pad|studio)\b/i
const human = /\b(?:(?:talk|speak|chat|connect|transfer|put)(?: me)?(?: through)?(?: to| with)? (?:an? |the |some )?(?:real |live |actual )?(?:human|person|people|agent|someone|somebody|representative|realtor|broker|operator|manager)|(?:real|live|actual) (?:human|person|agent)|human (?:agent|being|please)|customer service)\b/i
const sell = /\b(?:sell(?:ing)?|list(?:ing)?|put .{0,20} on the market)\b.{0,30}\b(?:my|our|the|a|this)\b.{0,30}\b(?:house|home|apartment|condo|flat|property|place|townhouse)\b|\bwhat(?:'s| is) my (?:house|home|apartment|condo|property|place) worth\b|\b(?:home|house|property) valuation\b/i
const greet = /^(?:hi|hello|hey|good (?:morning|afternoon|evening)|greetings)\b/i
const part = /\b(?:bye|goodbye|good ?night|see you|have a (?:nice|good|great)|that(?:'s| is|s|'ll be| will be| would be)(?: going to be)? (?:all|it|everything)|nothing (?:else|more)|all (?:set|done|good)|(?:don't|do not|won't) need any ?thing (?:else|more)|all i need(?:ed)?|i(?:'m| am) (?:good|done|fine|set))\b/i
const thank = /\b(?:thanks?|thank you|thankyou|thx|appreciate|cheers)\b/i

export function speechActsOf (text: string, wantsOthers: boolean): SpeechActs {
  const declines = decline.test(text) || notNow.test(text)
  const sells = sell.test(text)
  return {
    agrees: agree.test(text) && !declines,
    declines,
    likes: like.test(text),
    thanks: thank.test(text),
    greets: greet.test(text),
    parts: part.test(text),
    wantsVisit: visit.test(text) && !notNow.test(text),
    wantsCalendarEntry: calendar.test(text),
    wantsHome: home.test(text) && !sells,
    wantsOthers,
    wantsHuman: human.test(text),
    sells
  }
}
