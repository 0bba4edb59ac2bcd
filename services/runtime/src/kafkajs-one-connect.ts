// Two requests at once on a connection that isn't open make kafkajs open two sockets: the first is never used nor closed,
// and keeps the process alive. Here whoever comes second waits for the first one's.
//
// The patch reaches into kafkajs, so it refuses any version but the one it was checked with.
import { createRequire } from 'node:module'
import { checkVersion } from './kafkajs-idle-timer.ts'

const require = createRequire(import.meta.url)

interface Connection { connect (): Promise<unknown>, disconnect (): Promise<unknown> }

const connecting = new WeakMap<Connection, Promise<unknown>>()

let patched = false

export function patchConnect (): void {
  if (patched) return
  checkVersion((require('kafkajs/package.json') as { readonly version: string }).version)
  const { prototype } = require('kafkajs/src/network/connection') as { prototype: Connection }
  const { connect, disconnect } = prototype
  prototype.connect = function (this: Connection) {
    const underWay = connecting.get(this)
    if (underWay !== undefined) return underWay
    const attempt = connect.call(this).finally(() => { if (connecting.get(this) === attempt) connecting.delete(this) })
    connecting.set(this, attempt)
    return attempt
  }
  // One that is closed while it connects may never say so; the next attempt must not wait for it.
  prototype.disconnect = function (this: Connection) {
    connecting.delete(this)
    return disconnect.call(this)
  }
  patched = true
}
