// A TCP proxy that can go away: connections through it break, new ones are refused, until it comes back on the same port.

import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { once } from 'node:events'

export interface TcpProxy {
  readonly port: number
  goAway (): Promise<void>
  comeBack (): Promise<void>
}

export async function startTcpProxy (host: string, port: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let server: Server = await listening(0)

  async function listening (onPort: number): Promise<Server> {
    const listener = createServer(socket => {
      const target = createConnection({ host, port })
      for (const end of [socket, target]) {
        sockets.add(end)
        end.on('error', () => undefined)
        end.on('close', () => sockets.delete(end))
      }
      socket.on('close', () => target.destroy())
      target.on('close', () => socket.destroy())
      socket.pipe(target).pipe(socket)
    })
    listener.listen(onPort, '127.0.0.1')
    await once(listener, 'listening')
    return listener
  }

  const ownPort = (server.address() as AddressInfo).port
  return {
    port: ownPort,
    async goAway () {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
    async comeBack () { server = await listening(ownPort) }
  }
}
