// What the check of a bundle found, for a person.
import { findingCodes, type BundleReport, type Finding } from '@mesh/evidence/findings'
import type { Paint } from './paint.ts'
import { readableText } from './printable.ts'

const shownMax = 20
const count = (number: number): string => number.toLocaleString('en')

export function bundleReportLines (report: BundleReport, isKeyTrusted: boolean, paint: Paint): string[] {
  const { origin, from, to, coveredTo, checkpoint, events, eventsInTime, unsealedEvents, findings, findingsOmitted, isWhole } = report
  const lines = [
    isWhole ? paint.good('whole') : paint.bad('not whole'),
    `archive     ${readableText(origin ?? 'unknown')}`,
    `time        ${from ?? '?'} to ${to ?? '?'}`,
    `events      ${count(eventsInTime)} of this time, ${count(events)} in all`,
    `checkpoint  ${checkpoint === null ? 'none' : `of ${count(checkpoint.size)} statements, ${checkpoint.at ?? 'of an unknown time'}`}`,
    `key         ${readableText(report.key ?? 'none')}`
  ]
  if (!isKeyTrusted) lines.push(paint.unsure('The key is the bundle\'s own: compare it with the archive\'s (--key), or anybody may have signed this.'))
  if (coveredTo !== null && to !== null && coveredTo < to) lines.push(paint.unsure(`What was archived after ${coveredTo} is not in it: no checkpoint knows of it yet.`))
  if (unsealedEvents > 0) lines.push(paint.unsure(`${count(unsealedEvents)} events were archived before there was a log; they are shown, and nothing proves them.`))
  if (report.checkpointsUnproven > 0) lines.push(paint.unsure(`Of ${count(report.checkpointsKnown)} known checkpoints, it does not reach to ${count(report.checkpointsUnproven)}.`))
  for (const finding of findings.slice(0, shownMax)) lines.push('', ...findingLines(finding, paint))
  const more = findings.length - shownMax + findingsOmitted
  if (more > 0) lines.push('', `${count(more)} more.`)
  return lines
}

function findingLines ({ code, detail, log, index, lastIndex, eventId, line }: Finding, paint: Paint): string[] {
  const place = log === null ? '' : log < 0 ? `statement ${index ?? ''}` : `log ${log}${index === null ? '' : ` place ${index}${lastIndex === index ? '' : ` to ${lastIndex}`}`}`
  const where = [place, eventId === null ? '' : `event ${readableText(eventId)}`, line === null ? '' : `line ${line}`].filter(text => text !== '').join(', ')
  return [`${paint.bad(code)}${where === '' ? '' : `  ${where}`}`, `  ${readableText(detail)}.`, `  ${findingCodes[code]}`]
}
