// Which audit events are wanted: FIELD=VALUE, !=, <, <=, > and >=, joined by `and` and `or`, with brackets.
//
// Invariants:
//   F1. A closed list of fields; nothing is evaluated but comparisons. What is not understood is an error, never a guess.
//   F2. `and` binds before `or`. A comparison with null is by = and != only; any other comparison with a field that is null is false.
//   F3. Bounded in length and depth.
import type { AuditEvent } from '@mesh/schemas'

export type EventFilter = (event: AuditEvent) => boolean
export type ParsedFilter = { readonly filter: EventFilter } | { readonly problem: string }

const texts = [
  'eventId', 'decision', 'outcome', 'reason', 'dispatchId', 'workflowId', 'parentId', 'inReplyTo', 'type', 'source', 'sourceVersion', 'sourceInstance',
  'target', 'targetVersion', 'capability', 'payloadHash', 'deliveredTo', 'decidedBy', 'fallbackFor', 'follows'
] as const satisfies readonly (keyof AuditEvent)[]
const numbers = ['atMs', 'hop', 'attempt', 'priority', 'payloadBytes', 'appendedAtMs', 'latencyMs', 'agentMs', 'handlerMs', 'expectedWaitMs', 'controlOffset', 'task'] as const satisfies readonly (keyof AuditEvent)[]
export const filterFields: readonly string[] = [...texts, ...numbers]

const charsMax = 2_000
const depthMax = 32
const tokenPattern = /\s*(?:(\()|(\))|(!=|<=|>=|=|<|>)|'([^']*)'|"([^"]*)"|([^\s()=<>!'"]+))/y

type Operator = '=' | '!=' | '<' | '<=' | '>' | '>='
interface Token { readonly kind: '(' | ')' | 'operator' | 'quoted' | 'word', readonly text: string }

class FilterProblem extends Error {}

export function parseFilter (text: string): ParsedFilter {
  if (text.length > charsMax) return { problem: `the filter has ${text.length} characters; at most ${charsMax}` }
  try {
    const parser = new Parser(tokensOf(text))
    return { filter: parser.whole() }
  } catch (error) {
    if (error instanceof FilterProblem) return { problem: error.message }
    throw error
  }
}

function tokensOf (text: string): Token[] {
  const tokens: Token[] = []
  const trimmed = text.trimEnd()
  tokenPattern.lastIndex = 0
  while (tokenPattern.lastIndex < trimmed.length) {
    const at = tokenPattern.lastIndex
    const match = tokenPattern.exec(trimmed)
    if (match === null) throw new FilterProblem(`nothing fits at character ${at + 1}: ${trimmed.slice(at, at + 20)}`)
    const [, open, close, operator, single, double, word] = match
    if (open !== undefined) tokens.push({ kind: '(', text: open })
    else if (close !== undefined) tokens.push({ kind: ')', text: close })
    else if (operator !== undefined) tokens.push({ kind: 'operator', text: operator })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word })
    else tokens.push({ kind: 'quoted', text: single ?? double ?? '' })
  }
  return tokens
}

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor (tokens: readonly Token[]) { this.#tokens = tokens }

  whole (): EventFilter {
    const filter = this.#either(0)
    const rest = this.#tokens[this.#at]
    if (rest !== undefined) throw new FilterProblem(`'${rest.text}' is not expected there`)
    return filter
  }

  #either (depth: number): EventFilter {
    const some = [this.#all(depth)]
    while (this.#isWord('or')) some.push(this.#all(depth))
    return event => some.some(filter => filter(event))
  }

  #all (depth: number): EventFilter {
    const some = [this.#term(depth)]
    while (this.#isWord('and')) some.push(this.#term(depth))
    return event => some.every(filter => filter(event))
  }

  #term (depth: number): EventFilter {
    if (depth > depthMax) throw new FilterProblem(`brackets are ${depthMax} deep at most`)
    const token = this.#next('a field or a bracket')
    if (token.kind === '(') {
      const inner = this.#either(depth + 1)
      if (this.#next('a closing bracket').kind !== ')') throw new FilterProblem('a closing bracket is missing')
      return inner
    }
    if (token.kind !== 'word' || !filterFields.includes(token.text)) throw new FilterProblem(`'${token.text}' is no field; the fields are ${filterFields.join(', ')}`)
    const operator = this.#next(`a comparison after ${token.text}`)
    if (operator.kind !== 'operator') throw new FilterProblem(`'${operator.text}' is no comparison; it is one of = != < <= > >=`)
    const value = this.#next(`a value after ${token.text}${operator.text}`)
    if (value.kind !== 'word' && value.kind !== 'quoted') throw new FilterProblem(`'${value.text}' is no value; put it in quotes`)
    return comparison(token.text as keyof AuditEvent, operator.text as Operator, value)
  }

  #isWord (text: string): boolean {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'word' || token.text.toLowerCase() !== text) return false
    this.#at++
    return true
  }

  #next (expected: string): Token {
    const token = this.#tokens[this.#at++]
    if (token === undefined) throw new FilterProblem(`it ends where ${expected} is expected`)
    return token
  }
}

function comparison (field: keyof AuditEvent, operator: Operator, { kind, text }: Token): EventFilter {
  if (kind === 'word' && text === 'null') {
    if (operator !== '=' && operator !== '!=') throw new FilterProblem('null can be compared by = and != only')
    return event => (event[field] === null) === (operator === '=')
  }
  const isNumber = (numbers as readonly string[]).includes(field)
  const wanted = isNumber ? Number(text) : text
  if (isNumber && (text.trim() === '' || !Number.isFinite(wanted))) throw new FilterProblem(`${field} is a number, and '${text}' is none`)
  return event => {
    const value = event[field] as string | number | null
    if (value === null) return operator === '!='
    switch (operator) {
      case '=': return value === wanted
      case '!=': return value !== wanted
      case '<': return value < wanted
      case '<=': return value <= wanted
      case '>': return value > wanted
      case '>=': return value >= wanted
    }
  }
}
