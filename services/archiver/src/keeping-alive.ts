// Work that may take longer than the group's session, without falling out of the group.
//
// K1. While the work runs, heartbeats go on. If one fails (the group rebalances), the work is called off, and once it has
//     ended the failure is thrown, because the consumer must see it to rejoin.
// K2. Work that was called off from outside ends as `called-off`, not as an error.

export async function keepingAlive<T> (heartbeat: () => Promise<void>, sessionMs: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T | 'called-off'> {
  const failed = new AbortController()
  const beat = setInterval(() => {
    heartbeat().catch(error => { failed.abort(error) })
  }, Math.ceil(sessionMs / 5))
  try {
    return await work(AbortSignal.any([signal, failed.signal]))
  } catch (error) {
    if (failed.signal.aborted) throw failed.signal.reason
    if (signal.aborted) return 'called-off'
    throw error
  } finally {
    clearInterval(beat)
  }
}
