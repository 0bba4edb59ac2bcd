// The people behind the agents: who takes over where.
import { areaOf, isNear } from './places.ts'

export interface Advisor {
  readonly name: string
  readonly phone: string
  readonly area: string
  readonly waitMinutes: number
}

const advisors: readonly [Advisor, ...Advisor[]] = [
  { name: 'Maria Alvarez', phone: '408-555-0171', area: 'San Jose', waitMinutes: 5 },
  { name: 'Jonas Weber', phone: '650-555-0112', area: 'San Mateo', waitMinutes: 8 },
  { name: 'Priya Natarajan', phone: '510-555-0148', area: 'Fremont', waitMinutes: 5 },
  { name: 'Tom Okafor', phone: '925-555-0136', area: 'Concord', waitMinutes: 10 },
  { name: 'Ellen Sorensen', phone: '707-555-0125', area: 'Santa Rosa', waitMinutes: 12 }
]

/** The advisor of the town, else of its region, else the first: somebody always answers. */
export function advisorFor (area: string | undefined): Advisor {
  return advisors.find(advisor => areaOf(advisor.area) === areaOf(area)) ?? advisors.find(advisor => isNear(advisor.area, area)) ?? advisors[0]
}
