/** Milliseconds to wait before the given attempt (from 1): doubling from `firstMs` up to `mostMs`, then ±20 % by `random` in [0, 1). */
export function backoffMs (attempt: number, { firstMs, mostMs }: { readonly firstMs: number, readonly mostMs: number }, random: number): number {
  const base = Math.min(mostMs, firstMs * 2 ** Math.min(30, attempt - 1))
  return Math.round(base * (0.8 + 0.4 * random))
}
