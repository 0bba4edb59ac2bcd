// A workload with a sweep is run once for each of its values.
import { type Workload, workloadSchema } from './workload.ts'

export interface Variant { readonly variant: Readonly<Record<string, number | string>>, readonly workload: Workload }

/** Throws where a value does not fit its place. */
export function variantsOf (workload: Workload): Variant[] {
  const { sweep, ...plain } = workload
  if (sweep === undefined) return [{ variant: {}, workload }]
  return sweep.values.map(value => {
    const changed = structuredClone(plain) as Record<string, unknown>
    const path = sweep.path.split('.')
    const last = path.pop()!
    const holder = path.reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, changed)
    holder[last] = value
    return { variant: { [sweep.path]: value }, workload: workloadSchema.parse(changed) }
  })
}
