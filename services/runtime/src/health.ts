// /healthz: the process runs. /readyz: it can really work, by named checks. /metrics: what prom-client holds.
//
// Invariants:
//   H1. /readyz answers within `checkMsMax` and names each check's problem; a check that hangs or throws is one.
//   H2. Checks run once at a time, however many ask: a slow check can't be piled up.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Metrics } from './metrics.ts'

/** Answers the problem, or undefined where there is none. */
export type Check = () => string | undefined | Promise<string | undefined>

export interface HealthServer {
  readonly port: number
  close (): Promise<void>
}

const checkMsMax = 2_000

export interface HealthOptions {
  /** 0 takes any free port. */
  readonly port: number
  readonly metrics: Metrics
  readonly checks: Readonly<Record<string, Check>>
  /** Said on /readyz beside the problems: what is as it should be, and good to know. */
  readonly notes?: Readonly<Record<string, () => string>>
}

interface Answer { readonly status: number, readonly type: string, readonly text: string }

const json = 'application/json'

async function answerOf (path: string | undefined, { metrics, notes }: HealthOptions, ask: () => Promise<Record<string, string>>): Promise<Answer> {
  switch (path) {
    case '/healthz': return { status: 200, type: json, text: '{"status":"ok"}' }
    case '/metrics': return { status: 200, type: metrics.registry.contentType, text: await metrics.registry.metrics() }
    case '/readyz': {
      const problems = await ask()
      const ready = Object.keys(problems).length === 0
      const said = notes === undefined ? undefined : Object.fromEntries(Object.entries(notes).map(([name, note]) => [name, note()]))
      return { status: ready ? 200 : 503, type: json, text: JSON.stringify({ status: ready ? 'ready' : 'not ready', problems, notes: said }) }
    }
    default: return { status: 404, type: json, text: '{"paths":["/healthz","/readyz","/metrics"]}' }
  }
}

export async function startHealthServer (options: HealthOptions): Promise<HealthServer> {
  let asked: Promise<Record<string, string>> | undefined
  const ask = () => asked ??= problemsOf(options.checks).finally(() => { asked = undefined })
  const server = createServer((request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end()
      return
    }
    answerOf(request.url?.split('?')[0], options, ask)
      .catch(error => ({ status: 500, type: 'text/plain', text: (error as Error).message }))
      .then(({ status, type, text }) => response.writeHead(status, { 'content-type': type }).end(text))
      .catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }
}

async function problemsOf (checks: Readonly<Record<string, Check>>): Promise<Record<string, string>> {
  const problems: Record<string, string> = {}
  await Promise.all(Object.entries(checks).map(async ([name, check]) => {
    const problem = await bounded(check)
    if (problem !== undefined) problems[name] = problem
  }))
  return problems
}

async function bounded (check: Check): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined
  const tooSlow = new Promise<string>(resolve => { timer = setTimeout(() => resolve(`no answer in ${checkMsMax} ms`), checkMsMax) })
  try {
    return await Promise.race([Promise.resolve().then(check), tooSlow])
  } catch (error) {
    return (error as Error).message
  } finally {
    clearTimeout(timer)
  }
}
