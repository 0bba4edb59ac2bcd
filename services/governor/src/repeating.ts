export interface Repeating {
  /** Resolves when what runs has ended; nothing begins any more. */
  stop (): Promise<void>
}

/** Runs it every so many milliseconds, the first time at once; never twice at a time, and a late one delays the next. */
export function startRepeating (everyMs: number, run: () => Promise<void>): Repeating {
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  const turn = async (): Promise<void> => {
    const beganAtMs = performance.now()
    await run()
    if (!isStopped) timer = setTimeout(() => { running = turn() }, Math.max(0, everyMs - (performance.now() - beganAtMs)))
  }
  let running = turn()
  return {
    async stop () {
      isStopped = true
      clearTimeout(timer)
      await running
    }
  }
}
