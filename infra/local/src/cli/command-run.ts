import { StackError } from '../index.ts'

// Errors that were written for the person at the terminal are shown without a stack.
export async function runCommand (command: () => Promise<void>): Promise<void> {
  try {
    await command()
  } catch (error) {
    const isWrittenForPeople = error instanceof StackError || String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS')
    console.error(isWrittenForPeople ? (error as Error).message : error)
    process.exitCode = 1
  }
}
