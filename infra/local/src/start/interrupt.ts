// Ctrl-C and SIGTERM: the first asks for a clean end, the second for an end at once.
export interface InterruptHandlers {
  first (): void
  second (): void
}

export function onInterrupt (handlers: InterruptHandlers): () => void {
  let count = 0
  const handle = () => { if (++count === 1) handlers.first(); else handlers.second() }
  process.on('SIGINT', handle)
  process.on('SIGTERM', handle)
  return () => {
    process.off('SIGINT', handle)
    process.off('SIGTERM', handle)
  }
}
