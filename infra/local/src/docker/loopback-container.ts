import { GenericContainer } from 'testcontainers'

// Publishes its ports on this machine alone; testcontainers would publish them on every address, to the whole network.
export class LoopbackContainer extends GenericContainer {
  protected override beforeContainerCreated (): Promise<void> {
    for (const bindings of Object.values(this.hostConfig.PortBindings as Record<string, { HostIp?: string }[]>)) {
      for (const binding of bindings) binding.HostIp = '127.0.0.1'
    }
    return Promise.resolve()
  }
}
