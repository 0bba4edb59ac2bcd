// Towns around the bay: one name each, and which of them lie close together.

const regions: Readonly<Record<string, readonly string[]>> = {
  southBay: ['san jose', 'santa clara', 'sunnyvale', 'cupertino', 'campbell', 'milpitas', 'los gatos', 'saratoga', 'gilroy', 'morgan hill'],
  peninsula: ['mountain view', 'palo alto', 'menlo park', 'redwood city', 'san mateo', 'san francisco', 'south san francisco', 'daly city', 'burlingame', 'san bruno'],
  eastBay: ['fremont', 'hayward', 'newark', 'union city', 'san leandro', 'castro valley', 'alameda', 'oakland', 'berkeley', 'el cerrito', 'emeryville', 'richmond', 'el sobrante', 'san pablo'],
  innerEast: ['concord', 'walnut creek', 'pleasant hill', 'san ramon', 'dublin', 'pleasanton', 'livermore', 'antioch', 'brentwood', 'pittsburg', 'danville', 'martinez'],
  northBay: ['san rafael', 'novato', 'petaluma', 'rohnert park', 'cotati', 'santa rosa', 'napa', 'vallejo', 'fairfield', 'suisun city', 'vacaville', 'sonoma', 'healdsburg', 'mill valley']
}

const aliases: Readonly<Record<string, string>> = {
  sf: 'san francisco', sfo: 'san francisco', frisco: 'san francisco', 'san fran': 'san francisco', 'south sf': 'south san francisco',
  sj: 'san jose', 'mt view': 'mountain view', mountainview: 'mountain view'
}

const regionByArea = new Map(Object.entries(regions).flatMap(([region, areas]) => areas.map(area => [area, region] as const)))

/** One name for a place, however it was written; undefined for none. */
export function areaOf (said: string | undefined): string | undefined {
  if (said === undefined) return undefined
  const place = said.toLowerCase().replace(/[^a-z' ]+/g, ' ').replace(/\b(?:ca|california|city of|downtown|area)\b/g, ' ').replace(/\s+/g, ' ').trim()
  return aliases[place] ?? place
}

export function isNear (area: string, other: string | undefined): boolean {
  const region = regionByArea.get(areaOf(area) ?? '')
  return region !== undefined && region === regionByArea.get(areaOf(other) ?? '')
}
