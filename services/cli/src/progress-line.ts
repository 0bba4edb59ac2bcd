// Says on standard error how far a slow command is, so that nobody takes it for dead.
//
// Invariants:
//   P1. Only at a terminal, and never on standard output. One line, written over; gone when the command ends.
//   P2. At most ten times a second, whatever it is told.

export interface ProgressLine {
  show (text: string): void
  end (): void
}

const everyMs = 100
const clearLine = '\r\u001b[2K'

export function openProgress (isWanted: boolean, stream: NodeJS.WriteStream = process.stderr): ProgressLine {
  if (!isWanted || !stream.isTTY) return { show: () => undefined, end: () => undefined }
  let lastMs = -Infinity
  let isShown = false
  return {
    show (text) {
      const nowMs = performance.now()
      if (nowMs - lastMs < everyMs) return
      lastMs = nowMs
      isShown = true
      stream.write(`${clearLine}${text.slice(0, Math.max(10, (stream.columns ?? 80) - 1))}`)
    },
    end () {
      if (isShown) stream.write(clearLine)
    }
  }
}
