import { join } from 'node:path'
import { StackError } from '../errors.ts'
import type { Environment } from '../home.ts'
import { versions } from '../versions.ts'
import { run } from './command.ts'
import type { CommandResult } from './command.ts'

export interface Java { readonly command: string, readonly version: string }

const installJava = `Install a JDK of version ${versions.javaMajorMin} or newer (Debian, Ubuntu: apt install openjdk-17-jdk; macOS: brew install openjdk@17 and follow its note on linking; others: adoptium.net), or set JAVA_HOME to one. Or start Docker and use MESH_STACK=docker.`

// Pure: what `java -version` said, and whether that Java will do.
export function judgeJava (command: string, result: CommandResult): Java {
  if (result.exitCode === 'absent') throw new StackError('JAVA_MISSING', `No Java found (looked for ${command}). ${installJava}`)
  // macOS has a /usr/bin/java that only says where to get one.
  if (/Unable to locate a Java Runtime|No Java runtime present|requesting install/i.test(result.output)) {
    throw new StackError('JAVA_STUB', `${command} is macOS's placeholder: no Java is installed behind it. ${installJava}`)
  }
  const version = /version "([^"]+)"/.exec(result.output)?.[1]
  if (result.exitCode !== 0 || version === undefined) {
    throw new StackError('JAVA_MISSING', `${command} -version failed: ${result.output.trim().split('\n')[0] ?? ''}. ${installJava}`)
  }
  const [first, second] = version.split('.')
  const major = Number.parseInt((first === '1' ? second : first) ?? '', 10)
  if (!(major >= versions.javaMajorMin)) throw new StackError('JAVA_TOO_OLD', `Java ${version} (${command}) is too old. ${installJava}`)
  return { command, version }
}

const found = new Map<string, Promise<Java>>()

export function findJava (environment: Environment): Promise<Java> {
  const command = environment.JAVA_HOME ? join(environment.JAVA_HOME, 'bin', 'java') : 'java'
  let java = found.get(command)
  if (!java) {
    java = run(command, ['-version'], environment).then(result => judgeJava(command, result))
    java.catch(() => found.delete(command))
    found.set(command, java)
  }
  return java
}
