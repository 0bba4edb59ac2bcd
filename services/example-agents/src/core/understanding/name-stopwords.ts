// Words of a reply that are no part of a home's name, though they may have a capital or stand beside one.

/** Capitalised because a sentence begins with them, or because of what they are; never the first word of a name. */
export const notNames = new Set(('i i\'ve i\'ll i\'d i\'m we we\'ve there there\'s theres here here\'s it it\'s its this that that\'s they they\'re you you\'d you\'ll you\'re your how what what\'s would '
  + 'could can do does did shall should may might okay ok sure yes yeah yup no not another one ones other others found find search searching at in on rent monthly '
  + 'please check also and but or so great good nice located with for a an my is are was sorry unfortunately has have having had property properties bed beds '
  + 'bedroom bedrooms bath baths bathroom bathrooms room rooms phone number pet pets perfect alright absolutely confirm confirming visit visiting just to from '
  + 'of per month all which if name address cost costs price only its\' let let\'s as well then now up out about like by their them dollars dollar usd want need '
  + 'when where who any some each first second third next last top very really certainly definitely right correct again hi hello thanks thank welcome see seeing '
  + 'my schedule scheduled scheduling book booked booking tour view viewing appointment date details detail following verify tell me going be will been '
  + 'getting get got looks looking seems available option options choice results result unit units place places based exactly currently maybe perhaps try '
  + 'br bth bhk ba apt sir madam friend lucky nope hey searched recommend recommended suggest collected because while since until after before today tomorrow').split(/\s+/))
/** Lower-case words that may stand inside a name written without capitals are all but these. */
export const notLowerNames = new Set([...notNames, ...'apartment apartments home homes house two three four five six seven eight nine ten several many few more different suitable beautiful excellent nearby matching called named rent wonderful fine awesome amazing selected total are these those match fit the'.split(' ')])
