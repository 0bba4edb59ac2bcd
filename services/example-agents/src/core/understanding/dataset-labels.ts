// The labels of the Schema-Guided Dialogue dataset (services Homes_1 and Calendar_1) beside ours. Only the measurement of accuracy
// reads this file: the agents speak in our words.
import type { Goal, LeadSlots } from './lead-intent.ts'

/** The dataset annotates what the person is busy with, so our goal is compared, not the turn's own intent. */
export const intentLabels: Readonly<Record<Goal, string>> = {
  find_home: 'FindApartment',
  schedule_visit: 'ScheduleVisit',
  note_visit: 'AddEvent',
  none: 'NONE',
  sell_home: 'SellHome'
}

/** Our slots under the dataset's names, with its way of writing values. What the dataset doesn't know (budget, laundry) is left out. */
export function slotLabels (slots: LeadSlots): ReadonlyMap<string, string> {
  const labelled = [
    ['area', slots.area], ['number_of_beds', slots.beds], ['number_of_baths', slots.baths], ['pets_allowed', slots.petsAllowed],
    ['furnished', slots.furnished], ['visit_date', slots.visitDate], ['property_name', slots.propertyName]
  ] as const
  return new Map(labelled.flatMap(([name, value]) => value === undefined ? [] : [[name, written(value)] as const]))
}

function written (value: string | number | boolean): string {
  return value === true ? 'True' : value === false ? 'False' : String(value)
}
