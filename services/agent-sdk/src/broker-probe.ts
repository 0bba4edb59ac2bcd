// Is there anything at a broker's address? Asked before the client is, which would try for half a minute by itself, and
// go on trying after it was given up.
import { createConnection } from 'node:net'

const probeMs = 2_000

/** The problem, or undefined when one of them can be reached. */
export async function brokersProblem (brokers: readonly string[]): Promise<string | undefined> {
  const problems = await Promise.all(brokers.map(brokerProblem))
  return problems.includes(undefined) ? undefined : problems.map((problem, index) => `${brokers[index]}: ${problem}`).join(', ')
}

function brokerProblem (broker: string): Promise<string | undefined> {
  const colon = broker.lastIndexOf(':')
  const [host, port] = [broker.slice(0, colon).replace(/^\[|\]$/g, ''), Number(broker.slice(colon + 1))]
  if (colon < 1 || !Number.isInteger(port) || port < 1 || port > 65_535) return Promise.resolve('not an address of the form host:port')
  return new Promise(resolve => {
    const socket = createConnection({ host, port })
    const end = (problem: string | undefined): void => {
      socket.destroy()
      resolve(problem)
    }
    socket.setTimeout(probeMs, () => end(`no answer in ${probeMs} ms`))
    socket.once('connect', () => end(undefined))
    socket.once('error', error => end((error as NodeJS.ErrnoException).code ?? error.message))
  })
}
