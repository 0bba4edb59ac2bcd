import { describe, expect, test } from '@jest/globals'
import { chooseByDaemon, chooseByImages, wantedStack } from './choice.ts'
import type { DockerFacts } from './choice.ts'
import { StackError } from './errors.ts'

const reachable: DockerFacts = { daemon: 'reachable' }
const stopped: DockerFacts = { daemon: 'stopped', detail: 'connection refused' }

function refusal (act: () => unknown): StackError {
  try {
    act()
  } catch (error) {
    if (error instanceof StackError) return error
    throw error
  }
  throw new Error('it was not refused')
}

describe('without a wish', () => {
  test('a daemon that answers is used', () => {
    expect(chooseByDaemon(undefined, reachable)).toEqual({ kind: 'docker', reason: 'Docker daemon answers' })
  })

  test.each([
    [{ daemon: 'stopped', detail: 'x' }, 'Docker daemon not reachable: x'],
    [{ daemon: 'denied', detail: 'x' }, 'no permission to use the Docker daemon: x'],
    [{ daemon: 'missing', detail: 'x' }, 'Docker not found: x']
  ] satisfies [DockerFacts, string][])('%o falls back to the host and says why', (docker, reason) => {
    expect(chooseByDaemon(undefined, docker)).toEqual({ kind: 'host', reason })
  })

  test('an image that can not be pulled falls through to the host', () => {
    const choice = chooseByImages(undefined, chooseByDaemon(undefined, reachable), { images: 'unavailable', detail: 'apache/kafka: no route' })
    expect(choice).toEqual({ kind: 'host', reason: 'Docker image not available: apache/kafka: no route' })
  })
})

describe('MESH_STACK=docker', () => {
  test.each([
    ['stopped', 'DOCKER_STOPPED', 'systemctl start docker'],
    ['denied', 'DOCKER_DENIED', 'usermod -aG docker'],
    ['missing', 'DOCKER_MISSING', 'Install Docker']
  ] as const)('a daemon that is %s is refused with what to do', (daemon, code, advice) => {
    const error = refusal(() => chooseByDaemon('docker', { daemon, detail: 'connection refused' }))
    expect(error.code).toBe(code)
    expect(error.message).toContain('connection refused')
    expect(error.message).toContain(advice)
  })

  test('a failed pull is refused, not fallen through', () => {
    const error = refusal(() => chooseByImages('docker', chooseByDaemon('docker', reachable), { images: 'unavailable', detail: 'no route' }))
    expect(error.code).toBe('IMAGE_UNAVAILABLE')
  })

  test('images that are there are used', () => {
    expect(chooseByImages('docker', chooseByDaemon('docker', reachable), { images: 'present' })).toEqual({ kind: 'docker', reason: 'MESH_STACK=docker' })
  })
})

test('MESH_STACK=host wins over a daemon that answers', () => {
  expect(chooseByDaemon('host', reachable)).toEqual({ kind: 'host', reason: 'MESH_STACK=host' })
  expect(chooseByDaemon('host', stopped).kind).toBe('host')
})

test('another MESH_STACK is refused with the words that are known', () => {
  const error = refusal(() => wantedStack('podman'))
  expect(error.code).toBe('BAD_SETTING')
  expect(error.message).toMatch(/docker or host/)
  expect(wantedStack('')).toBeUndefined()
})
