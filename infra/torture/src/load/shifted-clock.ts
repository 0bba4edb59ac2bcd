// Preloaded (node --import) into a process whose clock may be shifted: `Date` then says another time, as it would on a
// machine with a wrong clock. Monotonic time goes on as it is.
import { dialsVariable, lookMs, readDials } from './dials.ts'

const file = process.env[dialsVariable]
const RealDate = Date
let shiftMs = readDials(file).clockMs
setInterval(() => { shiftMs = readDials(file).clockMs }, lookMs).unref()

class ShiftedDate extends RealDate {
  constructor (...given: ConstructorParameters<DateConstructor> | []) {
    if (given.length === 0) super(RealDate.now() + shiftMs)
    else super(...given as [number])
  }

  static override now (): number { return RealDate.now() + shiftMs }
}

globalThis.Date = ShiftedDate as DateConstructor

/** For what must not be shifted: when the load begins and ends. */
export const realNowMs = (): number => RealDate.now()
