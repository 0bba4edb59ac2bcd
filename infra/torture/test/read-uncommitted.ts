// Preloaded into a process of the mesh to plant a bug: its consumers see records of aborted transactions, too.
import { createRequire } from 'node:module'

interface Broker { fetch (request: { isolationLevel?: number }): Promise<unknown> }

const { prototype } = createRequire(import.meta.url)('kafkajs/src/broker') as { prototype: Broker }
const { fetch } = prototype
prototype.fetch = function (this: Broker, request) { return fetch.call(this, { ...request, isolationLevel: 0 }) }
