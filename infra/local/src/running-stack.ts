// A stack that is up, as its users see it: the same for both kinds.
import { rmSync } from 'node:fs'
import { dropDatabase } from './external-servers.ts'
import { StackError } from './errors.ts'
import { stackFolder } from './home.ts'
import type { Environment } from './home.ts'
import { silentProgress } from './progress.ts'
import type { PartName, Stack } from './stack.ts'
import type { StackParts } from './stack-parts.ts'
import type { StackState } from './state-file.ts'

export interface RunningStack {
  readonly home: string
  readonly state: StackState
  readonly parts: StackParts
  readonly ownedHere: boolean
  readonly environment: Environment
}

export function composeStack ({ home, state, parts, ownedHere }: RunningStack): Stack {
  const folder = stackFolder(home, state.name)
  const own = (part: PartName): PartName => {
    if (parts.names.includes(part)) return part
    throw new StackError('NOT_OURS', `${part} was there before the mesh (${part === 'postgres' ? 'DATABASE_URL' : 'REDIS_URL'}); the mesh does not stop or restart it.`)
  }
  const stack: Stack = {
    name: state.name,
    kind: state.kind,
    reason: state.reason,
    addresses: state.addresses,
    folder,
    ownedHere,
    async restart (part) {
      await parts.stop(own(part))
      await stack.startPart(part)
    },
    async kill (part) { await parts.kill(own(part)) },
    async startPart (part) {
      await parts.forget(own(part))
      await parts.start(part, silentProgress)
    },
    isUp: part => parts.isUp(part),
    async stop () {
      if (ownedHere) await stopStack({ home, state, parts })
    },
    stopNow () {
      if (!ownedHere) return
      for (const name of parts.names) parts.killNow(name)
      // What takes longer than this moment (volumes, a database on another server) is the next run's to remove, by this state.
      if (!state.keepData && state.kind === 'host' && state.external.length === 0) removeQuietly(folder, parts)
    }
  }
  return stack
}

export async function stopStack ({ home, state, parts }: Pick<RunningStack, 'home' | 'state' | 'parts'>): Promise<void> {
  const folder = stackFolder(home, state.name)
  const results = await Promise.allSettled(parts.names.map(name => parts.stop(name)))
  if (!state.keepData) {
    if (state.external.includes('postgres')) await dropDatabase(state.addresses.databaseUrl, state.name)
    await parts.removeData()
    rmSync(folder, { recursive: true, force: true })
  }
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

// The parts are ending, and may still write.
function removeQuietly (folder: string, parts: StackParts): void {
  try {
    void parts.removeData()
    rmSync(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 })
  } catch { /* the next run removes the rest */ }
}
