// Conversations to hold: those of a file, or the example's own. One JSON object a line, in this form or in that of
// the Schema-Guided Dialogue dataset, whose user turns are taken.
import { readFileSync } from 'node:fs'
import { z } from 'zod'

export interface Conversation {
  readonly conversationId: string
  readonly turns: readonly string[]
}

export class InputFileError extends Error {
  override readonly name = 'InputFileError'
}

const turn = z.string().trim().min(1).max(4_000)
const own = z.object({ conversationId: z.string().min(1).max(100), turns: z.array(turn).min(1).max(200) })
const dataset = z.object({ dialogue_id: z.string().min(1).max(100), turns: z.array(z.object({ speaker: z.string(), utterance: z.string() })).min(1).max(400) })

const linesMax = 100_000

export const exampleConversations: readonly Conversation[] = [
  {
    conversationId: 'example',
    turns: [
      'Hi, I am looking for a 2 bedroom apartment in Fremont with 2 baths, under $2,500 a month.',
      'Do they allow pets? You can reach me at dana@example.com.',
      'Great, please schedule a visit for March 8th.'
    ]
  }
]

export function readConversations (file: string): Conversation[] {
  return parseConversations(readText(file), file)
}

function readText (file: string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT') throw new InputFileError(`There is no file ${file}. Name one with JSON lines, or leave --input out for the example.`)
    if (code === 'EISDIR') throw new InputFileError(`${file} is a folder. Name a file with JSON lines.`)
    throw new InputFileError(`${file} can't be read (${code}). Check its permissions.`)
  }
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  if (isUtf16) throw new InputFileError(`${file} is in UTF-16. Save it as UTF-8.`)
  return bytes.toString('utf8')
}

export function parseConversations (text: string, file: string): Conversation[] {
  if (text.charCodeAt(0) === 0xfeff) {
    throw new InputFileError(`${file}, line 1: begins with a byte-order mark. Save it as UTF-8 without one (in most editors "UTF-8", not "UTF-8 with BOM").`)
  }
  const conversations: Conversation[] = []
  const firstLineOf = new Map<string, number>()
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const where = `${file}, line ${index + 1}`
    if (conversations.length >= linesMax) throw new InputFileError(`${where}: more than ${linesMax} conversations. Split the file.`)
    const conversation = parseLine(line, where)
    const before = firstLineOf.get(conversation.conversationId)
    if (before !== undefined) throw new InputFileError(`${where}: conversation "${conversation.conversationId}" stands on line ${before} already. Give each its own id.`)
    firstLineOf.set(conversation.conversationId, index + 1)
    conversations.push(conversation)
  }
  if (conversations.length === 0) throw new InputFileError(`${file} is empty. Each line is a conversation: {"conversationId": "c1", "turns": ["Hello"]}.`)
  return conversations
}

function parseLine (line: string, where: string): Conversation {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    throw new InputFileError(`${where}: not JSON (${(error as Error).message}).`)
  }
  const fromDataset = dataset.safeParse(value)
  if (fromDataset.success) {
    const turns = fromDataset.data.turns.filter(({ speaker }) => speaker.toLowerCase() === 'user').map(({ utterance }) => utterance)
    if (turns.length === 0) throw new InputFileError(`${where}: no turn has the speaker "user".`)
    return { conversationId: fromDataset.data.dialogue_id, turns }
  }
  const parsed = own.safeParse(value)
  if (parsed.success) return parsed.data
  throw new InputFileError(`${where}: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`)
}
