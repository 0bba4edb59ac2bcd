// The four parts as processes of this machine.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { StackError } from '../errors.ts'
import { cacheFolder, stackFolder } from '../home.ts'
import type { Environment } from '../home.ts'
import { isAlive, signal } from '../process-identity.ts'
import type { Progress } from '../progress.ts'
import { forgetProcess, readProcess, writeProcess } from '../state-file.ts'
import type { StackState } from '../state-file.ts'
import { partNames } from '../stack.ts'
import type { PartName } from '../stack.ts'
import type { StackParts } from '../stack-parts.ts'
import { stopProcess } from './daemon.ts'
import { kafkaPart } from './kafka.ts'
import type { HostContext, HostPart } from './part.ts'
import { postgresPart } from './postgres.ts'
import { redisPart } from './redis.ts'
import { schemaRegistryPart } from './schema-registry.ts'

export function hostParts (home: string, state: StackState, environment: Environment): StackParts {
  const folder = stackFolder(home, state.name)
  const context: HostContext = {
    name: state.name, folder, cache: cacheFolder(home, environment), environment,
    ports: state.ports, keepData: state.keepData, postgresFolder: state.postgresFolder
  }
  const parts: Readonly<Record<PartName, HostPart>> = {
    kafka: kafkaPart(context), 'schema-registry': schemaRegistryPart(context), postgres: postgresPart(context), redis: redisPart(context)
  }
  const isUp = (name: PartName): boolean => {
    const identity = readProcess(folder, name)
    return identity !== undefined && isAlive(identity)
  }

  async function stop (name: PartName, how: 'SIGKILL' | 'ask'): Promise<void> {
    const part = parts[name]
    const identity = readProcess(folder, name)
    if (!identity) return
    const outcome = await stopProcess(identity, how === 'ask' ? part.stopSignal : 'SIGKILL', part.stopGraceMs)
    part.stopped?.(outcome)
    forgetProcess(folder, name)
  }

  return {
    names: partNames.filter(name => !state.external.includes(name)),
    isUp: async name => isUp(name),
    async start (name, progress: Progress) {
      if (isUp(name)) return
      const step = progress.step(name)
      try {
        await parts[name].start(step, identity => writeProcess(folder, name, identity))
        step.done()
      } catch (error) {
        step.failed(error instanceof StackError ? error.code : '')
        throw error
      }
    },
    stop: name => stop(name, 'ask'),
    kill: name => stop(name, 'SIGKILL'),
    killNow (name) {
      const identity = readProcess(folder, name)
      if (identity) signal(identity, parts[name].quitSignal ?? 'SIGKILL')
      forgetProcess(folder, name)
    },
    forget: name => { parts[name].forget?.() },
    describe (name) {
      const identity = readProcess(folder, name)
      return { pid: identity?.pid ?? null, log: join(folder, 'logs', `${name}.log`) }
    },
    removeData () {
      if (!state.postgresFolder.startsWith(folder)) rmSync(state.postgresFolder, { recursive: true, force: true })
    }
  }
}
