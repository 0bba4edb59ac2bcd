// Artifacts by Maven, as the user has configured it, into the cache; whole or not at all.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { StackError, explainFileError } from '../errors.ts'
import { repositoryRoot } from '../home.ts'
import type { Environment } from '../home.ts'
import type { ProgressStep } from '../progress.ts'
import { findJava } from './java.ts'

export interface Artifacts {
  readonly profile: 'kafka' | 'schema-registry' | 'redis'
  readonly goal: 'copy-dependencies' | 'unpack-dependencies'
  readonly includes?: string
}

const pom = join(repositoryRoot, 'infra/local/maven/pom.xml')
const linesShown = 12

const installMaven = 'Install Maven (Debian, Ubuntu: apt install maven; macOS: brew install maven), or start Docker and use MESH_STACK=docker.'

// One Maven at a time in this process: two that fill the same local repository disturb each other.
let previous: Promise<unknown> = Promise.resolve()

export async function provideArtifacts (artifacts: Artifacts, target: string, environment: Environment, step: ProgressStep): Promise<void> {
  if (existsSync(target)) return
  const java = await findJava(environment)
  step.update('waiting for Maven')
  const mine = previous.then(async () => {
    if (existsSync(target)) return
    const temporary = `${target}.${process.pid}.tmp`
    try {
      rmSync(temporary, { recursive: true, force: true })
      mkdirSync(dirname(target), { recursive: true })
      await runMaven(artifacts, temporary, environment, step)
      rmSync(join(temporary, '.markers'), { recursive: true, force: true })
      // Another process may have been first: then its copy is as good.
      if (!existsSync(target)) renameSync(temporary, target)
    } catch (error) {
      throw explainFileError(error, target)
    } finally {
      rmSync(temporary, { recursive: true, force: true })
    }
  })
  previous = mine.catch(() => {})
  await mine
  step.update(`Java ${java.version}`)
}

function runMaven ({ profile, goal, includes }: Artifacts, folder: string, environment: Environment, step: ProgressStep): Promise<void> {
  const args = ['-B', '-f', pom, `-P${profile}`, `dependency:${goal}`, `-DoutputDirectory=${folder}`, `-DmarkersDirectory=${join(folder, '.markers')}`]
  if (includes) args.push(`-Dmdep.unpack.includes=${includes}`)
  const home = environment.MAVEN_HOME ?? environment.M2_HOME
  const command = home && existsSync(join(home, 'bin/mvn')) ? join(home, 'bin/mvn') : 'mvn'
  step.update('Maven: resolving')
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: environment as NodeJS.ProcessEnv, stdio: ['ignore', 'pipe', 'pipe'] })
    const last: string[] = []
    let downloads = 0
    const read = (chunk: Buffer) => {
      for (const line of chunk.toString().split('\n')) {
        if (/Downloaded/.test(line)) step.update(`Maven: ${++downloads} files downloaded`)
        else if (line.trim() !== '' && !/Download|Progress/.test(line)) last.push(line.trimEnd())
      }
      last.splice(0, last.length - 200)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('error', error => {
      const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT'
      reject(isAbsent ? new StackError('MAVEN_MISSING', `No Maven found (looked for ${command}). ${installMaven}`, error) : error)
    })
    child.once('close', code => code === 0 ? resolve() : reject(mavenFailure(`${command} ${args.join(' ')}`, code, last)))
  })
}

// What Maven adds to every failure.
const boilerplate = /\[ERROR\]\s*$|re-run Maven|Re-run Maven|For more information|\[Help \d\] http|After correcting the problems|mvn <args> -rf/

// Pure: Maven's last lines, and what they usually mean.
export function mavenFailure (command: string, exitCode: number | null, output: readonly string[]): StackError {
  const errors = output.filter(line => line.includes('[ERROR]') && !boilerplate.test(line))
  const shown = (errors.length > 0 ? errors : output).slice(-linesShown).map(line => `    ${line.slice(0, 400)}`).join('\n')
  const all = output.join('\n')
  if (/No space left on device|Disk quota exceeded/i.test(all)) {
    return new StackError('DISK_FULL', `Maven found the disk full:\n${shown}\nFree about 1 GB (its repository, often ~/.m2, and MESH_HOME need it) and run the command again.`)
  }
  const advice = /Unknown host|UnknownHost|Could not transfer|Connection refused|timed out|Network is unreachable|status code: 40[1-7]/i.test(all)
    ? 'Maven could not download: check the network, proxy and mirror in ~/.m2/settings.xml.'
    : 'Run it by hand to see all of its output:'
  return new StackError('MAVEN_FAILED', `Maven failed (exit code ${exitCode}):\n${shown}\n${advice}\n    ${command}`)
}
