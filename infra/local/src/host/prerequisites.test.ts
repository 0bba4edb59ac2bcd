import { describe, expect, test } from '@jest/globals'
import { explainFileError } from '../errors.ts'
import { judgeDocker } from '../docker/facts.ts'
import { judgeJava } from './java.ts'
import { mavenFailure } from './maven.ts'

const thrown = (act: () => unknown): unknown => {
  try {
    return act()
  } catch (error) {
    return error
  }
}

describe('Java', () => {
  test.each([
    ['openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment', '17.0.15'],
    ['openjdk version "24" 2025-03-18', '24'],
    ['java version "21.0.2" 2024-01-16 LTS', '21.0.2']
  ])('%j will do', (output, version) => {
    expect(judgeJava('java', { exitCode: 0, output })).toEqual({ command: 'java', version })
  })

  test.each([
    ['absent', '', 'JAVA_MISSING', 'apt install openjdk-17-jdk'],
    [1, 'The operation couldn’t be completed. Unable to locate a Java Runtime.\nPlease visit http://www.java.com', 'JAVA_STUB', 'brew install openjdk@17'],
    [0, 'java version "1.8.0_401"', 'JAVA_TOO_OLD', '1.8.0_401'],
    [0, 'openjdk version "11.0.22" 2024-01-16', 'JAVA_TOO_OLD', 'JAVA_HOME'],
    [1, 'Error: could not find libjava.so', 'JAVA_MISSING', 'libjava.so']
  ] as const)('exit code %s and %j is %s', (exitCode, output, code, words) => {
    const error = thrown(() => judgeJava('java', { exitCode, output }))
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) })
    expect(error).toMatchObject({ message: expect.stringContaining('MESH_STACK=docker') })
  })
})

describe('Maven', () => {
  test('its last errors are shown, and the command to run by hand', () => {
    const error = mavenFailure('mvn -B x', 1, ['[INFO] Scanning', '[ERROR] Unknown lifecycle phase "x"'])
    expect(error.code).toBe('MAVEN_FAILED')
    expect(error.message).toMatch(/Unknown lifecycle phase[^]*mvn -B x/)
    expect(error.message).not.toContain('Scanning')
  })

  test('without a network, the network, proxy and mirror are named', () => {
    expect(mavenFailure('mvn', 1, ['[ERROR] Could not transfer artifact a:b:1 from/to central: Unknown host']).message).toMatch(/network, proxy and mirror/)
  })

  test('a full disk is named as such', () => {
    expect(mavenFailure('mvn', 1, ['[ERROR] No space left on device']).code).toBe('DISK_FULL')
  })
})

test.each([
  ['ENOSPC', 'DISK_FULL'], ['EDQUOT', 'DISK_FULL'], ['EACCES', 'NO_PERMISSION'], ['EROFS', 'NO_PERMISSION']
])('a file system that answers %s is explained as %s, with MESH_HOME as a way out', (errno, code) => {
  expect(explainFileError(Object.assign(new Error('x'), { code: errno }), '/folder')).toMatchObject({ code, message: expect.stringMatching(/\/folder[^]*MESH_HOME/) })
})

test('another error of the file system stays what it is', () => {
  const error = new Error('x')
  expect(explainFileError(error, '/folder')).toBe(error)
})

test.each([
  ['permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock', 'denied'],
  ['/var/run/docker.sock: EACCES', 'denied'],
  ['Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?', 'stopped'],
  ['', 'stopped']
])('Docker that says %j is %s', (complaint, daemon) => {
  expect(judgeDocker(complaint)).toMatchObject({ daemon })
})
