// /healthz: the process runs. /readyz: it can really work, by named checks. /metrics: what prom-client holds.
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

export async function startHealthServer (options: { readonly port: number, readonly metrics: Metrics, readonly checks: Readonly<Record<string, Check>> }): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, text: string) => response.writeHead(status, { 'content-type': type }).end(text)
    const path = request.url?.split('?')[0]
    if (path === '/healthz') return answer(200, 'application/json', '{"status":"ok"}')
    if (path === '/readyz') {
      void problemsOf(options.checks).then(problems => {
        const ready = Object.keys(problems).length === 0
        answer(ready ? 200 : 503, 'application/json', JSON.stringify({ status: ready ? 'ready' : 'not ready', problems }))
      })
      return
    }
    if (path === '/metrics') {
      options.metrics.registry.metrics().then(
        text => answer(200, options.metrics.registry.contentType, text),
        error => answer(500, 'text/plain', String(error)))
      return
    }
    answer(404, 'application/json', '{"paths":["/healthz","/readyz","/metrics"]}')
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise(resolve => { server.close(() => resolve()); server.closeAllConnections() })
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
