/** What a long run says of itself on standard error: on a terminal one line that changes, elsewhere a line now and then. */
export interface ProgressLine {
  show (line: string): void
  /** Takes the line away, so that what is printed next stands alone. */
  clear (): void
}

export function progressLine (quietSayMs: number): ProgressLine {
  let saidAtMs = -Infinity
  return {
    show (line) {
      if (process.stderr.isTTY) return void process.stderr.write(`\r\u001b[K${line.slice(0, (process.stderr.columns ?? 120) - 1)}`)
      if (performance.now() - saidAtMs < quietSayMs) return
      saidAtMs = performance.now()
      process.stderr.write(`${line}\n`)
    },
    clear () { if (process.stderr.isTTY) process.stderr.write('\r\u001b[K') }
  }
}
