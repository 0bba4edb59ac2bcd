// What a person may ask of an assistant that has nothing to do with homes: a table, a ride, a film.
//
// The word must be what is asked for: "find me a restaurant near the apartment" is off topic, "an apartment near restaurants" is not.

const request = '(?:find|book|reserve|need|want|get|order|rent|buy|play|watch|check|search(?: for)?|look(?:ing)? (?:for|up)|interested in|like|go to|see|transfer|send|make|schedule|take|know|tell me)'
const filler = '(?:me|us|up|out|a|an|the|some|any|my|to|about|go|be|eat|see|watch|book|find|get|have|for|good|nice|nearby|local|cheap|new|more|one|two|way|round|trip|\\w+(?:ian|ese|can))'
const matters = ['restaurants?', 'table', 'dinner', 'lunch', 'hotels?', 'flights?', 'airlines?', 'plane', 'bus(?:es)?', 'train', 'cab', 'taxi', 'uber', 'ride', 'cars?', 'rental cars?', 'movies?', 'films?',
  'theat(?:er|re)s?', 'songs?', 'music', 'albums?', 'concerts?', 'tickets?', 'shows', 'museums?', 'attractions?', 'doctors?', 'dentists?', 'dermatologists?', 'gynecologists?',
  'therapists?', 'psychologists?', 'psychiatrists?', 'hair ?dressers?', 'hair ?cut', 'salons?', 'stylists?', 'weather', 'bank', 'balance', 'account', 'money', 'payment', 'alarms?']
const asked = new RegExp(`\\b${request}(?: ${filler}){0,5} (?:${matters.join('|')})\\b(?! (?:deposit|space|parking|payment))|\\bplaces? to (?:eat|dine|drink)\\b|\\bweather\\b`, 'i')

export function isOffTopic (text: string): boolean {
  return asked.test(text)
}
