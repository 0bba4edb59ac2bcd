import { join } from 'node:path'
import { makeFolder } from '../errors.ts'
import { versions } from '../versions.ts'
import { archiveFlags, keepArchives } from './class-archive.ts'
import { awaitReady, launch } from './daemon.ts'
import { findJava } from './java.ts'
import { provideArtifacts } from './maven.ts'
import type { HostContext, HostPart } from './part.ts'

const readyTimeoutMs = 60_000
const probeTimeoutMs = 2000

export const schemaRegistryPath = '/apis/ccompat/v7'

async function answers (url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(probeTimeoutMs) })
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}

export function schemaRegistryPart (context: HostContext): HostPart {
  const folder = join(context.folder, 'schema-registry')
  const logFile = join(context.folder, 'logs', 'schema-registry.log')
  const port = context.ports['schema-registry']

  return {
    name: 'schema-registry',
    stopSignal: 'SIGTERM',
    stopGraceMs: 20_000,
    logFile,
    async start (step, started) {
      const java = await findJava(context.environment)
      const home = join(context.cache, `apicurio-${versions.apicurio}`)
      await provideArtifacts({ profile: 'schema-registry', goal: 'unpack-dependencies' }, home, context.environment, step)
      const temporary = join(folder, 'tmp')
      makeFolder(temporary)
      step.update('starting')
      const identity = await launch('Schema registry', {
        command: java.command,
        args: [
          // The first compiler tier alone is enough here, and a second faster at start.
          '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', ...archiveFlags(context.cache, folder, 'schema-registry', java, home), `-Djava.io.tmpdir=${temporary}`,
          `-Dquarkus.http.port=${port}`, '-Dquarkus.http.host=127.0.0.1', '-Dquarkus.log.level=WARN',
          // Ids survive a restart only with this setting: `registry.datasource.url` does nothing.
          `-Dquarkus.datasource.jdbc.url=jdbc:h2:file:${join(folder, 'schemas')}`,
          '-jar', join(home, `apicurio-registry-app-${versions.apicurio}-runner.jar`)
        ],
        cwd: folder,
        logFile
      })
      started(identity)
      const url = `http://127.0.0.1:${port}${schemaRegistryPath}`
      await awaitReady({ part: 'Schema registry', identity, logFile, timeoutMs: readyTimeoutMs, probe: () => answers(url) })
      step.update(url)
    },
    stopped (outcome) { if (outcome === 'stopped') keepArchives(context.cache, folder) }
  }
}
