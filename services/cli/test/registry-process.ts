// A registry as a process of its own, as in a mesh.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface RegistryProcess {
  readonly url: string
  stop (): Promise<void>
}

export async function startRegistryProcess (environment: Readonly<Record<string, string>>): Promise<RegistryProcess> {
  const script = fileURLToPath(new URL('../../registry/src/main.ts', import.meta.url))
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, ...environment, MESH_REGISTRY_PORT: '0', MESH_HEALTH_PORT: '0', MESH_LOG_LEVEL: 'info' }, stdio: ['ignore', 'pipe', 'inherit']
  })
  const last: string[] = []
  const port = await new Promise<number>((resolve, reject) => {
    createInterface(child.stdout).on('line', line => {
      last.push(line)
      const { msg, port } = JSON.parse(line) as { readonly msg: string, readonly port: number }
      if (msg === 'registry listens') resolve(port)
    })
    child.once('exit', () => reject(new Error(`the registry ended: ${last.slice(-5).join('\n')}`)))
  })
  return {
    url: `http://127.0.0.1:${port}`,
    async stop () {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
  }
}
