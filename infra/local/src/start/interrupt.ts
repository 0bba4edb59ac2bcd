// Ctrl-C and SIGTERM: the first asks for a clean end, the second for an end at once.
export interface InterruptHandlers {
  first (): void
  second (): void
}

/** The same signal may come twice at once, from the terminal and from npm: within this time it counts as one. */
const sameMs = 200

export function onInterrupt (handlers: InterruptHandlers): () => void {
  let firstAtMs: number | undefined
  const handle = () => {
    const nowMs = performance.now()
    if (firstAtMs === undefined) {
      firstAtMs = nowMs
      handlers.first()
    } else if (nowMs - firstAtMs > sameMs) handlers.second()
  }
  process.on('SIGINT', handle)
  process.on('SIGTERM', handle)
  return () => {
    process.off('SIGINT', handle)
    process.off('SIGTERM', handle)
  }
}
