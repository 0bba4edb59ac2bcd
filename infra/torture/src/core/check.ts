// The whole judgement: every rule over one history.
import { admission } from './admission.ts'
import type { Anomaly, Rule } from './anomaly.ts'
import { archive } from './archive.ts'
import { handling } from './handling.ts'
import type { History } from './history.ts'
import { order } from './order.ts'
import { outcome } from './outcome.ts'
import { passingOn } from './passing-on.ts'
import { positions } from './positions.ts'
import { sending } from './sending.ts'

export const rules: readonly Rule[] = [sending, admission, passingOn, outcome, order, handling, archive, positions]

export const check = (history: History): Anomaly[] => rules.flatMap(rule => rule.check(history))
