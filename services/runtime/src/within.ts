/** Stands for what had not happened in time. */
export const tooLate = Symbol('too late')

/** What the work comes to, or `tooLate` after so many milliseconds; the work itself goes on. */
export async function within<T> (boundMs: number, work: Promise<T>): Promise<T | typeof tooLate> {
  let timer: NodeJS.Timeout | undefined
  const bound = new Promise<typeof tooLate>(resolve => { timer = setTimeout(() => resolve(tooLate), boundMs) })
  try {
    return await Promise.race([work, bound])
  } finally {
    clearTimeout(timer)
  }
}
