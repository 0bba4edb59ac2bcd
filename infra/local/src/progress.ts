import picocolors from 'picocolors'

export interface ProgressStep {
  update (detail: string): void
  done (detail?: string): void
  failed (detail?: string): void
}

export interface Progress {
  // A step that may take over a second: shown with its elapsed time until it is done.
  step (name: string, detail?: string): ProgressStep
  note (line: string): void
  close (): void
}

export interface ProgressOutput { readonly isTTY?: boolean, readonly columns?: number, write (text: string): unknown }

const redrawMs = 100
// Reset, clear the line, and back to its start.
const clearLine = '\r\u001b[K'

const seconds = (fromMs: number, toMs: number): string => `${((toMs - fromMs) / 1000).toFixed(1)} s`

interface Running { readonly name: string, detail: string, readonly fromMs: number }

// One line for each finished step; on a terminal also one live line with what still runs.
export function terminalProgress (output: ProgressOutput = process.stderr, nowMs: () => number = () => performance.now()): Progress {
  const live = output.isTTY === true
  const running = new Set<Running>()
  let timer: NodeJS.Timeout | undefined

  const draw = () => {
    if (!live) return
    const parts = [...running].map(step => `${step.name} ${seconds(step.fromMs, nowMs())}${step.detail ? ` (${step.detail})` : ''}`)
    output.write(parts.length === 0 ? clearLine : `${clearLine}… ${parts.join(', ')}`.slice(0, (output.columns ?? 80) + clearLine.length - 1))
  }
  const line = (text: string) => {
    output.write(`${live ? clearLine : ''}${text}\n`)
    draw()
  }
  const finish = (step: Running, mark: string, detail: string) => {
    if (!running.delete(step)) return
    line(`${mark} ${step.name.padEnd(16)} ${seconds(step.fromMs, nowMs()).padStart(6)}  ${detail}`.trimEnd())
    if (running.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
  return {
    step (name, detail = '') {
      const step = { name, detail, fromMs: nowMs() }
      running.add(step)
      if (live) timer ??= setInterval(draw, redrawMs).unref()
      else line(`… ${name}${detail ? ` (${detail})` : ''}`)
      return {
        update: next => { step.detail = next },
        done: (last = step.detail) => finish(step, picocolors.green('✓'), last),
        failed: (last = step.detail) => finish(step, picocolors.red('✗'), last)
      }
    },
    note: line,
    close () {
      clearInterval(timer)
      if (live && running.size > 0) output.write(clearLine)
      running.clear()
    }
  }
}

const silentStep: ProgressStep = { update () {}, done () {}, failed () {} }
export const silentProgress: Progress = { step: () => silentStep, note () {}, close () {} }
