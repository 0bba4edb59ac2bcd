// The four parts as containers on this machine's Docker, by testcontainers. Named, so that another process finds them.
import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { Wait, getContainerRuntimeClient } from 'testcontainers'
import { StackError } from '../errors.ts'
import { brokerAnswers } from '../host/broker-probe.ts'
import { postgresAnswers } from '../host/postgres.ts'
import { redisAnswers } from '../host/redis.ts'
import type { Progress } from '../progress.ts'
import { partNames } from '../stack.ts'
import type { PartName } from '../stack.ts'
import type { StackParts } from '../stack-parts.ts'
import type { StackState } from '../state-file.ts'
import { containerPlans } from './containers.ts'
import type { ContainerPlan } from './containers.ts'
import { LoopbackContainer } from './loopback-container.ts'

const startTimeoutMs = 60_000
const stopGraceSeconds = 20
const pollMs = 100

type Container = ReturnType<Awaited<ReturnType<typeof getContainerRuntimeClient>>['container']['getById']>

export function dockerParts (home: string, state: StackState): StackParts {
  const key = createHash('sha256').update(home).digest('hex').slice(0, 8)
  const plans = containerPlans(state.ports)
  const names = partNames.filter(name => !state.external.includes(name))
  const containerName = (part: PartName) => `mesh-${key}-${state.name}-${part}`

  const find = (part: PartName) => findContainer(containerName(part))
  const isUp = async (part: PartName): Promise<boolean> => (await (await find(part))?.inspect())?.State.Running === true

  async function create (part: PartName): Promise<void> {
    const plan = plans[part]
    let container = new LoopbackContainer(plan.image)
      .withName(containerName(part))
      .withLabels({ 'mesh.stack': state.name, 'mesh.home': key })
      // The stack is stopped by its owner, or found and removed by the next run; a reaper would be one more image to have.
      .withAutoCleanup(false)
      .withEnvironment({ ...plan.environment })
      .withExposedPorts({ container: plan.port, host: plan.hostPort })
      .withBindMounts([{ source: containerName(part), target: plan.dataFolder }])
      .withWaitStrategy(waitFor(plan))
      .withStartupTimeout(startTimeoutMs)
    if (plan.command) container = container.withCommand([...plan.command])
    if (plan.user) container = container.withUser(plan.user)
    await container.start()
  }

  async function remove (part: PartName, isKilled: boolean): Promise<void> {
    const container = await find(part)
    if (!container) return
    if (await isUp(part)) await (isKilled ? container.kill() : container.stop({ t: stopGraceSeconds }))
    await container.remove({ force: true })
  }

  return {
    names,
    isUp,
    async start (part, progress: Progress) {
      if (await isUp(part)) return
      const step = progress.step(part, `container ${plans[part].image}`)
      try {
        // Made anew on its volume: one of an earlier run may have another port or version.
        await remove(part, false)
        await create(part)
        await awaitServer(part, plans[part].hostPort)
        step.done(`127.0.0.1:${plans[part].hostPort} (${plans[part].image})`)
      } catch (error) {
        step.failed()
        throw explain(part, plans[part], error)
      }
    },
    stop: part => remove(part, false),
    kill: part => remove(part, true),
    killNow (part) {
      try { execFileSync('docker', ['rm', '--force', containerName(part)], { stdio: 'ignore' }) } catch { /* it is left, and found by the next run */ }
    },
    async forget (part) {
      if (part === 'redis') await removeVolume(containerName(part))
    },
    describe: part => ({ pid: null, log: `docker logs ${containerName(part)}` }),
    async removeData () { await Promise.all(names.map(part => removeVolume(containerName(part)))) }
  }
}

async function findContainer (name: string): Promise<Container | undefined> {
  // A daemon that has been stopped since runs nothing.
  const client = await getContainerRuntimeClient().catch(() => undefined)
  const container = client?.container.getById(name)
  return container && await orAbsent(container.inspect()) && container
}

const removeVolume = async (name: string): Promise<void> => {
  await orAbsent((await getContainerRuntimeClient()).container.dockerode.getVolume(name).remove())
}

async function orAbsent<T> (answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined
    throw error
  }
}

const waitFor = (plan: ContainerPlan) => plan.readyPath ? Wait.forHttp(plan.readyPath, plan.port) : Wait.forListeningPorts()

const probes = { kafka: brokerAnswers, postgres: postgresAnswers, redis: redisAnswers } as const

// An open port is Docker's own at first, and PostgreSQL starts twice on an empty volume.
async function awaitServer (part: PartName, port: number): Promise<void> {
  if (part === 'schema-registry') return
  const answers = probes[part]
  for (let waitedMs = 0; !await answers(port); waitedMs += pollMs) {
    if (waitedMs >= startTimeoutMs) throw new Error(`no answer in ${startTimeoutMs / 1000} s`)
    await sleep(pollMs)
  }
}

function explain (part: PartName, plan: ContainerPlan, error: unknown): StackError {
  const { message } = error as Error
  if (/port is already allocated|address already in use/i.test(message)) {
    return new StackError('PORT_BUSY', `Port ${plan.hostPort} of ${part} is taken by another program. Stop it, or run the command again to have another port chosen.`, error)
  }
  if (/no space left/i.test(message)) return new StackError('DISK_FULL', `Docker's disk is full: docker system df shows what takes it, docker system prune frees some.`, error)
  return new StackError('PART_DIED', `The container of ${part} (${plan.image}) did not start: ${message}`, error)
}
