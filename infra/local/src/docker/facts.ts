// Whether a Docker daemon answers, asked as the user's own docker command would ask, else at the usual sockets.
import { execFile } from 'node:child_process'
import { request } from 'node:http'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { DockerFacts } from '../choice.ts'
import type { Environment } from '../home.ts'

const answerTimeoutMs = 3000

// Pure: what the docker command's complaint means.
export function judgeDocker (complaint: string): DockerFacts {
  const detail = complaint.trim().split('\n').at(-1)?.slice(0, 160) ?? ''
  return { daemon: /permission denied|EACCES/i.test(complaint) ? 'denied' : 'stopped', detail: detail === '' ? `no answer in ${answerTimeoutMs / 1000} s` : detail }
}

export async function dockerFacts (environment: Environment): Promise<DockerFacts> {
  return await askCommand(environment) ?? askSockets(environment)
}

function askCommand (environment: Environment): Promise<DockerFacts | undefined> {
  return new Promise(resolve => {
    const options = { encoding: 'utf8', timeout: answerTimeoutMs, killSignal: 'SIGKILL', env: environment as NodeJS.ProcessEnv } as const
    execFile('docker', ['version', '--format', '{{.Server.Version}}'], options, (error, _stdout, stderr) => {
      if (!error) resolve({ daemon: 'reachable' })
      else if (error.code === 'ENOENT') resolve(undefined)
      else resolve(judgeDocker(stderr))
    })
  })
}

async function askSockets (environment: Environment): Promise<DockerFacts> {
  const host = environment.DOCKER_HOST
  if (host && !host.startsWith('unix://')) return { daemon: 'stopped', detail: `no docker command to ask ${host} with` }
  const sockets = host ? [host.slice('unix://'.length)] : ['/var/run/docker.sock', join(homedir(), '.docker/run/docker.sock')]
  let facts: DockerFacts = { daemon: 'missing', detail: 'neither a docker command nor a socket' }
  for (const socketPath of sockets) {
    const answer = await ping(socketPath)
    if (answer === 'ok') return { daemon: 'reachable' }
    if (answer !== 'ENOENT') facts = judgeDocker(`${socketPath}: ${answer}`)
  }
  return facts
}

function ping (socketPath: string): Promise<string> {
  return new Promise(resolve => {
    const asked = request({ socketPath, path: '/_ping', timeout: answerTimeoutMs }, response => {
      response.resume()
      resolve(response.statusCode === 200 ? 'ok' : `status ${response.statusCode}`)
    })
    asked.once('timeout', () => asked.destroy(new Error('no answer')))
    asked.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    asked.end()
  })
}
