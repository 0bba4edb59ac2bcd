import { afterAll, describe, expect, test } from '@jest/globals'
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import { createServer } from 'node:http'
import { connect, createServer as createTcpServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { randomUUID } from 'node:crypto'
import { connectCodec } from '../src/connection.ts'
import { schemas } from '../src/generated/schemas.ts'
import type { Dispatch } from '../src/generated/records.ts'
import { compatibility, RegistryClient } from '../src/registry-client.ts'
import { SchemaRegistryError } from '../src/registry-error.ts'
import { topLevelNames } from '../src/top-level-names.ts'
import type { AvroField, AvroRecord } from '../src/avro-schema.ts'

const url = process.env['MESH_SCHEMA_REGISTRY_URL']!
const client = new RegistryClient(url)
const testSubjects: string[] = []

const dispatch: Dispatch = {
  dispatchId: 'd-1', workflowId: 'w-1', parentId: null, inReplyTo: null, chain: [{ agent: 'human-gateway', dispatchId: 'd-0', link: '' }], link: '1', type: 'request',
  source: 'orchestrator', sourceVersion: '1.0.0', sourceInstance: 'orchestrator-1', target: null, capability: 'analyze_lead', priority: 1,
  issuedAtMs: 1_700_000_000_000, ttlMs: 30_000, replyPartition: 3, idempotencyKey: null, idleTimeoutMs: null, handlerMs: null, costCapMicros: null,
  confidence: 0.5,
  usage: { model: 'm', inputTokens: 1, outputTokens: 2, costMicros: 3 }, error: null, contentType: 'application/json', payload: Buffer.from('{"a":1}')
}

const configOf = async (subject: string): Promise<string> => {
  const response = await fetch(`${url}/config/${subject}`)
  return ((await response.json()) as { compatibilityLevel: string }).compatibilityLevel
}

function testRecord (name: string, ...fields: AvroField[]): AvroRecord {
  return { type: 'record', namespace: 'mesh.test', name, doc: 'Made by a test.', fields: [{ name: 'id', type: 'string', doc: 'Id.' }, ...fields] }
}

function newSubject (): { name: string, subject: string } {
  const name = `T${randomUUID().replaceAll('-', '')}`
  testSubjects.push(`mesh.test.${name}`)
  return { name, subject: `mesh.test.${name}` }
}

afterAll(async () => {
  for (const subject of testSubjects) await fetch(`${url}/subjects/${subject}`, { method: 'DELETE' })
})

describe('connecting to the registry', () => {
  test('registers every record under its full name, BACKWARD_TRANSITIVE, and keeps the ids', async () => {
    const first = await connectCodec({ schemaRegistryUrl: url })
    const others = await Promise.all([1, 2, 3].map(() => connectCodec({ schemaRegistryUrl: `${url}/` })))
    const known = await client.subjects()
    for (const name of topLevelNames) {
      expect(known).toContain(schemas[name].subject)
      expect(await configOf(schemas[name].subject)).toBe('BACKWARD_TRANSITIVE')
    }
    const bytes = first.encode('Dispatch', dispatch)
    for (const other of others) {
      expect(other.encode('Dispatch', dispatch).equals(bytes)).toBe(true)
      expect({ ...other.decode('Dispatch', bytes) }).toEqual(dispatch)
    }
  })

  test('several processes may register the same new schema at once', async () => {
    const { name, subject } = newSubject()
    const ids = await Promise.all([1, 2, 3, 4].map(() => new RegistryClient(url).register(subject, testRecord(name))))
    expect(new Set(ids).size).toBe(1)
    // Apicurio may number the same schema twice when asked at once; what counts is that its id is one.
    for (const version of await client.versions(subject)) expect((await client.version(subject, version)).id).toBe(ids[0])
  })

  test('a record of @kafkajs/confluent-schema-registry is read, and it reads ours', async () => {
    const codec = await connectCodec({ schemaRegistryUrl: url })
    const library = new SchemaRegistry({ host: url })
    const id = await library.getLatestSchemaId(schemas.Dispatch.subject)
    expect({ ...codec.decode('Dispatch', await library.encode(id, dispatch)) }).toEqual(dispatch)
    expect({ ...await library.decode(codec.encode('Dispatch', dispatch)) }).toEqual(dispatch)
  })
})

describe('an incompatible change', () => {
  const added: AvroField = { name: 'size', type: 'int', doc: 'Size.' }

  test('is refused with the subject and the reason, and the one before stays', async () => {
    const { name, subject } = newSubject()
    await client.register(subject, testRecord(name))
    expect(await configOf(subject)).toBe(compatibility)
    await expect(client.register(subject, testRecord(name, added))).rejects.toMatchObject({ code: 'INCOMPATIBLE', message: expect.stringContaining(subject) })
    expect(await client.incompatibility(subject, 1, testRecord(name, added))).toContain('the registry says')
    expect(await client.versions(subject)).toEqual([1])
  })

  test('is refused also against a version before the last', async () => {
    const { name, subject } = newSubject()
    await client.register(subject, testRecord(name))
    await client.register(subject, testRecord(name, { ...added, default: 0 }))
    await expect(client.register(subject, testRecord(name, added))).rejects.toMatchObject({ code: 'INCOMPATIBLE' })
  })

  test('is refused although somebody loosened the subject', async () => {
    const { name, subject } = newSubject()
    await client.register(subject, testRecord(name))
    await fetch(`${url}/config/${subject}`, { method: 'PUT', body: '{"compatibility":"NONE"}', headers: { 'content-type': 'application/json' } })
    await expect(client.register(subject, testRecord(name, added))).rejects.toMatchObject({ code: 'INCOMPATIBLE' })
    expect(await configOf(subject)).toBe(compatibility)
  })
})

test('a record of a newer version is read after a refresh, and its id is unknown before', async () => {
  // The newer version is put in front of a proxy of our own, so that the mesh's own subjects stay as they are.
  const newer = { ...schemas.Notice.schema, fields: [...schemas.Notice.schema.fields, { name: 'more', type: ['null', 'string'], default: null, doc: 'More.' } as AvroField] }
  let released = false
  const proxy = createServer((request, response) => void answer(request.method!, request.url!, request).then(({ status, body }) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  }))
  const answer = async (method: string, path: string, request: AsyncIterable<Buffer>): Promise<{ status: number, body: string }> => {
    const subject = `/subjects/${schemas.Notice.subject}/versions`
    if (released && path === subject && method === 'GET') return { status: 200, body: JSON.stringify([...await client.versions(schemas.Notice.subject), 9_999]) }
    if (path === `${subject}/9999`) return { status: 200, body: JSON.stringify({ id: 7_777_777, version: 9_999, schema: JSON.stringify(newer) }) }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const real = await fetch(`${url}${path}`, {
      method, ...method === 'GET' ? {} : { body: Buffer.concat(chunks), headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' } }
    })
    return { status: real.status, body: await real.text() }
  }
  const proxyUrl = await listening(proxy)
  try {
    const codec = await connectCodec({ schemaRegistryUrl: proxyUrl })
    const notice = { type: 'refused', dispatchId: 'd', workflowId: 'w', sourceInstance: 'i', code: 'STALE', message: 'm', retriable: true, retryAfterMs: null,
      ingress: { topic: 't', partition: 1, offset: 1 }, slowDown: null, fallback: null } as const
    // The new field comes last: a union index of 0, null.
    const bytes = Buffer.concat([codec.encode('Notice', notice), Buffer.from([0])])
    bytes.writeUInt32BE(7_777_777, 1)
    released = true
    expect(() => codec.decode('Notice', bytes)).toThrow(expect.objectContaining({ code: 'UNKNOWN_SCHEMA_ID', retriable: true }))
    await codec.refresh()
    expect(codec.nameOf(bytes)).toBe('Notice')
    expect({ ...codec.decode('Notice', bytes) }).toEqual(notice)
  } finally {
    proxy.closeAllConnections()
    proxy.close()
  }
})

describe('a registry that is away', () => {
  test('is waited for, and used when it comes', async () => {
    const { server, open, close } = gate()
    const messages: string[] = []
    const proxyUrl = await listening(server, new URL(url).pathname)
    try {
      const codec = await connectCodec({
        schemaRegistryUrl: proxyUrl,
        waitMs: 20_000,
        onWaiting: message => {
          messages.push(message)
          if (messages.length === 2) open()
        }
      })
      expect(codec.encode('Dispatch', dispatch).length).toBeGreaterThan(5)
      expect(messages).toHaveLength(2)
      expect(messages[0]).toContain(proxyUrl)
    } finally {
      close()
    }
  })

  test('ends in an error that names the address and says what to do', async () => {
    const started = performance.now()
    const error = await connectCodec({ schemaRegistryUrl: 'http://127.0.0.1:1/apis', waitMs: 400 }).catch((problem: unknown) => problem)
    expect(error).toBeInstanceOf(SchemaRegistryError)
    expect(error).toMatchObject({ code: 'UNREACHABLE', retriable: true })
    expect((error as Error).message).toContain('http://127.0.0.1:1/apis')
    expect((error as Error).message).toContain('npm run up')
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})

// Lets nobody through to the registry until it is opened.
function gate (): { server: Server, open: () => void, close: () => void } {
  let isOpen = false
  const target = new URL(url)
  const sockets = new Set<Socket>()
  const server = createTcpServer(socket => {
    socket.on('error', () => socket.destroy())
    if (!isOpen) return void socket.destroy()
    const onward = connect(Number(target.port), target.hostname)
    sockets.add(socket).add(onward)
    onward.on('error', () => socket.destroy())
    socket.pipe(onward).pipe(socket)
  })
  const close = (): void => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return { server, open: () => { isOpen = true }, close }
}

async function listening (server: Server, path = ''): Promise<string> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
}
