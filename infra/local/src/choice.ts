// Docker or host: a pure function of what was found out.
import { StackError } from './errors.ts'
import type { StackKind } from './stack.ts'

export type DockerFacts =
  | { readonly daemon: 'reachable' }
  | { readonly daemon: 'missing' | 'stopped' | 'denied', readonly detail: string }

export type ImageFacts = { readonly images: 'present' } | { readonly images: 'unavailable', readonly detail: string }

export interface Choice { readonly kind: StackKind, readonly reason: string }

const dockerAdvice = {
  missing: ['DOCKER_MISSING', 'Install Docker, or unset MESH_STACK to run the parts on this machine.'],
  stopped: ['DOCKER_STOPPED', 'Start it (Linux: sudo systemctl start docker; macOS, Windows: start Docker Desktop), or unset MESH_STACK to run the parts on this machine.'],
  denied: ['DOCKER_DENIED', 'Add yourself to its group (sudo usermod -aG docker $USER, then log in again), or unset MESH_STACK to run the parts on this machine.']
} as const

const dockerState = {
  missing: 'Docker not found',
  stopped: 'Docker daemon not reachable',
  denied: 'no permission to use the Docker daemon'
} as const

export function wantedStack (setting: string | undefined): StackKind | undefined {
  if (setting === undefined || setting === '') return undefined
  if (setting === 'docker' || setting === 'host') return setting
  throw new StackError('BAD_SETTING', `MESH_STACK=${setting} is not a kind of stack. Set it to docker or host, or unset it to have one chosen.`)
}

// First half: without touching images, which may have to be pulled.
export function chooseByDaemon (wanted: StackKind | undefined, docker: DockerFacts): Choice {
  if (wanted === 'host') return { kind: 'host', reason: 'MESH_STACK=host' }
  if (docker.daemon === 'reachable') return { kind: 'docker', reason: wanted === 'docker' ? 'MESH_STACK=docker' : 'Docker daemon answers' }
  const state = `${dockerState[docker.daemon]}: ${docker.detail}`
  if (wanted !== 'docker') return { kind: 'host', reason: state }
  const [code, advice] = dockerAdvice[docker.daemon]
  throw new StackError(code, `MESH_STACK=docker, but ${state}\n${advice}`)
}

export function chooseByImages (wanted: StackKind | undefined, choice: Choice, facts: ImageFacts): Choice {
  if (choice.kind === 'host' || facts.images === 'present') return choice
  if (wanted !== 'docker') return { kind: 'host', reason: `Docker image not available: ${facts.detail}` }
  throw new StackError('IMAGE_UNAVAILABLE', `MESH_STACK=docker, but an image is not there and could not be pulled: ${facts.detail}\nCheck the network and the registry login (docker pull), or unset MESH_STACK to run the parts on this machine.`)
}
