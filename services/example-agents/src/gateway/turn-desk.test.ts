import { describe, expect, test } from '@jest/globals'
import { TurnDesk } from './turn-desk.ts'

function openDesk (turnsMax = 10) {
  const said: { readonly text: string, readonly workflowId: string, answer (): void, fail (error: Error): void }[] = []
  const desk = new TurnDesk<string>({
    turnsMax, sessionId: 'run1',
    say: ({ text, workflowId }) => new Promise((resolve, reject) => { said.push({ text, workflowId, answer: () => resolve(`re: ${text}`), fail: reject }) })
  })
  return { desk, said }
}
const settle = () => new Promise(resolve => setImmediate(resolve))

describe('the turn desk', () => {
  test('turns of one conversation wait for each other, those of others don\'t', async () => {
    const { desk, said } = openDesk()
    const first = desk.take({ conversationId: 'c1', text: 'one' })
    const second = desk.take({ conversationId: 'c1', text: 'two' })
    void desk.take({ conversationId: 'c2', text: 'three' })
    await settle()
    expect(said.map(({ text }) => text)).toEqual(['one', 'three'])
    said[0]!.answer()
    await expect(first).resolves.toBe('re: one')
    await settle()
    expect(said.map(({ text }) => text)).toEqual(['one', 'three', 'two'])
    said[2]!.answer()
    await expect(second).resolves.toBe('re: two')
  })

  test('one turn that fails does not fail the next', async () => {
    const { desk, said } = openDesk()
    const first = desk.take({ conversationId: 'c1', text: 'one' })
    const second = desk.take({ conversationId: 'c1', text: 'two' })
    await settle()
    said[0]!.fail(new Error('no'))
    await expect(first).rejects.toThrow('no')
    await settle()
    said[1]!.answer()
    await expect(second).resolves.toBe('re: two')
  })

  test('a conversation is one workflow in a session, another in the next', async () => {
    const { desk, said } = openDesk()
    void desk.take({ conversationId: 'c1', text: 'a' })
    void desk.take({ conversationId: 'c1', text: 'b', sessionId: 'given' })
    await settle()
    expect(said.map(({ workflowId }) => workflowId)).toEqual(['c1~run1', 'c1~given'])
  })

  test('one turn too many is refused at once, and there is room again after an answer', async () => {
    const { desk, said } = openDesk(1)
    const first = desk.take({ conversationId: 'c1', text: 'one' })
    await expect(desk.take({ conversationId: 'c2', text: 'two' })).rejects.toMatchObject({ code: 'TURNS_FULL', retriable: true })
    await settle()
    said[0]!.answer()
    await first
    void desk.take({ conversationId: 'c2', text: 'two' })
    expect(desk.turns).toBe(1)
  })

  test('closing waits for what was taken and takes nothing new', async () => {
    const { desk, said } = openDesk()
    const first = desk.take({ conversationId: 'c1', text: 'one' })
    await settle()
    let closed = false
    const closing = desk.close(10_000).then(() => { closed = true })
    await expect(desk.take({ conversationId: 'c2', text: 'two' })).rejects.toMatchObject({ code: 'STOPPING' })
    await settle()
    expect(closed).toBe(false)
    said[0]!.answer()
    await first
    await closing
  })

  test('closing waits no longer than it is told to', async () => {
    const { desk } = openDesk()
    void desk.take({ conversationId: 'c1', text: 'one' })
    await desk.close(5)
    expect(desk.turns).toBe(1)
  })
})
