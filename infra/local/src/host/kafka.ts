import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StackError, explainFileError } from '../errors.ts'
import { repositoryRoot } from '../home.ts'
import type { PortNumbers } from '../ports.ts'
import type { ProgressStep } from '../progress.ts'
import { versions } from '../versions.ts'
import { brokerSettings } from '../broker-settings.ts'
import { brokerAnswers } from './broker-probe.ts'
import { archiveFlags, keepArchives } from './class-archive.ts'
import { awaitReady, launch } from './daemon.ts'
import { run } from './command.ts'
import { findJava } from './java.ts'
import type { Java } from './java.ts'
import { provideArtifacts } from './maven.ts'
import type { HostContext, HostPart } from './part.ts'

const readyTimeoutMs = 60_000
const logConfig = join(repositoryRoot, 'infra/local/kafka/log4j2.properties')
// Every stack is a cluster of its own on this machine, so one id and one formatted folder serve them all.
const clusterId = 'bWVzaC1sb2NhbC1zdGFjaw'

export function brokerProperties (ports: Pick<PortNumbers, 'kafka' | 'kafkaController'>, dataFolder: string): string {
  return [
    'process.roles=broker,controller',
    'node.id=1',
    // Static voters: a formatted folder then holds no address, and serves any port.
    `controller.quorum.voters=1@127.0.0.1:${ports.kafkaController}`,
    `listeners=PLAINTEXT://127.0.0.1:${ports.kafka},CONTROLLER://127.0.0.1:${ports.kafkaController}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${ports.kafka}`,
    'controller.listener.names=CONTROLLER',
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    `log.dirs=${dataFolder.replaceAll('\\', '\\\\')}`,
    ...brokerSettings.map(([key, value]) => `${key}=${value}`),
    ''
  ].join('\n')
}

async function formatOnce (context: HostContext, java: Java, classpath: string): Promise<string> {
  const formatted = join(context.cache, `kafka-${versions.kafka}-formatted`)
  if (existsSync(formatted)) return formatted
  const temporary = `${formatted}.${process.pid}.tmp`
  const properties = `${temporary}.properties`
  try {
    rmSync(temporary, { recursive: true, force: true })
    writeFileSync(properties, brokerProperties({ kafka: 1, kafkaController: 2 }, temporary))
    const result = await run(java.command, ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', classpath, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties])
    if (result.exitCode !== 0) throw new StackError('PART_DIED', `Kafka's storage could not be formatted:\n${result.output.trim().split('\n').slice(-8).join('\n')}`)
    if (!existsSync(formatted)) renameSync(temporary, formatted)
    return formatted
  } finally {
    rmSync(temporary, { recursive: true, force: true })
    rmSync(properties, { force: true })
  }
}

export function kafkaPart (context: HostContext): HostPart {
  const folder = join(context.folder, 'kafka')
  const dataFolder = join(folder, 'data')
  const logFile = join(context.folder, 'logs', 'kafka.log')

  async function prepare (step: ProgressStep): Promise<{ java: Java, args: readonly string[] }> {
    const java = await findJava(context.environment)
    const jars = join(context.cache, `kafka-${versions.kafka}`)
    await provideArtifacts({ profile: 'kafka', goal: 'copy-dependencies' }, jars, context.environment, step)
    // Listed in one order: a class-data archive fits only the class path that it was made with.
    const classpath = readdirSync(jars).filter(file => file.endsWith('.jar')).sort().map(file => join(jars, file)).join(':')
    const temporary = join(folder, 'tmp')
    const properties = join(folder, 'server.properties')
    try {
      mkdirSync(temporary, { recursive: true })
      if (!existsSync(dataFolder)) {
        step.update('formatting')
        cpSync(await formatOnce(context, java, classpath), dataFolder, { recursive: true })
      }
      writeFileSync(properties, brokerProperties(context.ports, dataFolder))
    } catch (error) {
      throw explainFileError(error, folder)
    }
    return {
      java,
      args: ['-Xmx512m', '-XX:+UseSerialGC', ...archiveFlags(context.cache, folder, 'kafka', java, jars), `-Djava.io.tmpdir=${temporary}`, `-Dlog4j2.configurationFile=${logConfig}`, '-cp', classpath, 'kafka.Kafka', properties]
    }
  }

  return {
    name: 'kafka',
    stopSignal: 'SIGTERM',
    stopGraceMs: 20_000,
    logFile,
    async start (step, started) {
      const { java, args } = await prepare(step)
      step.update('starting')
      const identity = await launch('Kafka', { command: java.command, args, cwd: folder, logFile })
      started(identity)
      await awaitReady({ part: 'Kafka', identity, logFile, timeoutMs: readyTimeoutMs, probe: () => brokerAnswers(context.ports.kafka) })
      step.update(`127.0.0.1:${context.ports.kafka}`)
    },
    stopped (outcome) { if (outcome === 'stopped') keepArchives(context.cache, folder) }
  }
}
