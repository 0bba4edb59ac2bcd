// A mesh of its own for a test: registry, coordinator, archiver and the three domains as processes, on topics and tables of their own.
import { freePort } from '@mesh/local-stack'
import { createKafka, createLogger } from '@mesh/runtime'
import { topicNames } from '@mesh/topics'
import type { Admin } from 'kafkajs'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'

export interface TestMesh {
  readonly gatewayUrl: string
  readonly auditSchema: string
  readonly exampleSchema: string
  readonly database: pg.Client
  /** Records in the four dispatch topics; agents write them without transactions, so offsets count nothing else. */
  ingressRecords (): Promise<number>
  /** SIGKILL to a domain; resolves when it is gone. */
  kill (domain: string): Promise<void>
  /** Starts a domain that was killed again; resolves when it is ready. */
  restart (domain: string): Promise<void>
  /** Ends a domain as its supervisor would; resolves with its exit code. */
  drain (domain: string): Promise<number | null>
  stop (): Promise<void>
}

const repository = fileURLToPath(new URL('../../../', import.meta.url))
const readyMsMax = 30_000
const pollMs = 25
const domains: readonly string[] = ['conversation', 'sales', 'operations']
const isDomain = (name: string): boolean => domains.includes(name)

export async function startTestMesh (): Promise<TestMesh> {
  const namespace = `ex${randomBytes(3).toString('hex')}`
  const [auditSchema, exampleSchema] = [`audit_${namespace}`, `example_${namespace}`]
  const [registryPort, gatewayPort] = [await freePort(), await freePort()]
  const keysFolder = mkdtempSync(join(tmpdir(), 'mesh-keys-'))
  const common = {
    MESH_KEYS_FOLDER: keysFolder, MESH_CHECKPOINTS_FOLDER: join(keysFolder, 'checkpoints'), MESH_CHECKPOINT_KEY_FILE: join(keysFolder, 'checkpoints', 'key.pem'),
    MESH_NAMESPACE: namespace, MESH_AUDIT_SCHEMA: auditSchema, MESH_EXAMPLE_SCHEMA: exampleSchema, MESH_LOG_LEVEL: 'warn',
    MESH_REGISTRY_PORT: String(registryPort), MESH_REGISTRY_URL: `http://127.0.0.1:${registryPort}`, MESH_GATEWAY_PORT: String(gatewayPort)
  }
  const processes = new Map<string, TestProcess>()
  const start = async (name: string, ...command: string[]) => {
    const started = await spawnProcess(command, common)
    processes.set(name, started)
    await started.ready()
  }
  const startDomain = (domain: string) => start(domain, 'services/example-agents/src/main.ts', domain)
  const stopAll = async () => {
    await Promise.all([...processes].filter(([name]) => isDomain(name)).map(([, running]) => running.end()))
    await Promise.all([...processes.values()].map(running => running.end()))
    rmSync(keysFolder, { recursive: true, force: true })
    await withAdmin(namespace, async admin => {
      const topics = (await admin.listTopics()).filter(topic => topic.startsWith(`${namespace}.`))
      if (topics.length > 0) await admin.deleteTopics({ topics })
    })
  }
  const database = new pg.Client({ connectionString: process.env.DATABASE_URL })
  try {
    await database.connect()
    await promisify(execFile)(process.execPath, ['topics/scripts/apply.ts'], { cwd: repository, env: { ...process.env, ...common } })
    await Promise.all(['registry', 'coordinator', 'archiver'].map(name => start(name, `services/${name}/src/main.ts`)))
    await Promise.all(domains.map(startDomain))
  } catch (error) {
    await stopAll()
    await database.end()
    throw error
  }
  return {
    gatewayUrl: `http://127.0.0.1:${gatewayPort}`, auditSchema, exampleSchema, database,
    ingressRecords: () => withAdmin(namespace, async admin => {
      const { dispatchAll } = topicNames(namespace)
      const offsets = await Promise.all(dispatchAll.map(topic => admin.fetchTopicOffsets(topic)))
      return offsets.flat().reduce((sum, { high }) => sum + Number(high), 0)
    }),
    async kill (domain) { await processes.get(domain)!.end('SIGKILL') },
    restart: startDomain,
    drain: domain => processes.get(domain)!.end(),
    async stop () {
      await stopAll()
      await database.query(`DROP SCHEMA IF EXISTS ${auditSchema} CASCADE; DROP SCHEMA IF EXISTS ${exampleSchema} CASCADE`)
      await database.end()
    }
  }
}

interface TestProcess {
  ready (): Promise<void>
  end (signal?: NodeJS.Signals): Promise<number | null>
}

async function spawnProcess (command: readonly string[], environment: Record<string, string>): Promise<TestProcess> {
  const healthPort = await freePort()
  const child: ChildProcess = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...command], {
    cwd: repository, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment, MESH_HEALTH_PORT: String(healthPort) }
  })
  let said = ''
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', chunk => { said = `${said}${String(chunk)}`.slice(-4_000) })
  const exited = new Promise<number | null>(resolve => child.once('exit', code => resolve(code)))
  return {
    async ready () {
      const overAtMs = performance.now() + readyMsMax
      while (performance.now() < overAtMs && child.exitCode === null) {
        const answer = await fetch(`http://127.0.0.1:${healthPort}/readyz`).catch(() => undefined)
        if (answer?.ok === true) return
        await new Promise(resolve => setTimeout(resolve, pollMs))
      }
      throw new Error(`${command.join(' ')} did not become ready:\n${said}`)
    },
    end (signal = 'SIGTERM') {
      child.kill(signal)
      return exited
    }
  }
}

async function withAdmin<T> (namespace: string, work: (admin: Admin) => Promise<T>): Promise<T> {
  const brokers = (process.env.MESH_KAFKA_BROKERS ?? '').split(',')
  const admin = createKafka({ brokers, clientId: `${namespace}.test`, logger: createLogger({ name: 'test', level: 'silent' }) }).admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}
