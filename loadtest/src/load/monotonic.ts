// The machine's monotonic clock, the same in each of its processes: what one stamps another may subtract.

const [seconds, nanoseconds] = process.hrtime()
const offsetMs = seconds * 1_000 + nanoseconds / 1e6 - performance.now()

/** Milliseconds since some moment that all processes of this machine share; never goes back. */
export function monotonicMs (): number { return performance.now() + offsetMs }
