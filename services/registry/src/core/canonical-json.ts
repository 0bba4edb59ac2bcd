// One spelling for a JSON value, so that two contracts with the same meaning have the same hash.
//
// J1. Object keys are in code-unit order, nothing is indented; numbers and strings are as JSON.stringify writes them.
// J2. Bytes are their base64.
// J3. Depth is bounded: a deeper value is undefined here and refused by the caller, never a stack overflow.

export const jsonDepthMax = 64

/** The canonical text of a parsed JSON value, or undefined if it is nested deeper than `jsonDepthMax`. */
export function canonicalJson (value: unknown, depth = 0): string | undefined {
  if (depth > jsonDepthMax) return undefined
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'))
  const parts: string[] = []
  if (Array.isArray(value)) {
    for (const item of value) {
      const text = canonicalJson(item, depth + 1)
      if (text === undefined) return undefined
      parts.push(text)
    }
    return `[${parts.join(',')}]`
  }
  const object = value as Readonly<Record<string, unknown>>
  for (const key of Object.keys(object).sort()) {
    if (object[key] === undefined) continue
    const text = canonicalJson(object[key], depth + 1)
    if (text === undefined) return undefined
    parts.push(`${JSON.stringify(key)}:${text}`)
  }
  return `{${parts.join(',')}}`
}
