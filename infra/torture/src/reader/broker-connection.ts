// One connection to a broker: requests and their answers, one after the other, over a socket of its own. Made anew after
// any error; whoever asks decides whether to ask again.
import { connect, type Socket } from 'node:net'
import { int16, int32, Reading, string } from './wire.ts'

const answerMsMax = 10_000

interface Waiting { readonly resolve: (answer: Reading) => void, readonly reject: (error: Error) => void }

export class BrokerConnection {
  readonly #host: string
  readonly #port: number
  #socket: Socket | undefined
  #waiting: Waiting | undefined
  #correlation = 0

  constructor (address: string) {
    const [host, port] = address.split(':')
    this.#host = host!
    this.#port = Number(port)
  }

  /** One at a time. Rejects when the broker is away, answers nothing in time, or breaks off. */
  async ask (api: number, version: number, body: Buffer): Promise<Reading> {
    if (this.#waiting !== undefined) throw new Error('a request is under way')
    const socket = await this.#connected()
    const correlation = ++this.#correlation
    const request = Buffer.concat([int16(api), int16(version), int32(correlation), string('torture-checker'), body])
    const answer = await new Promise<Reading>((resolve, reject) => {
      const timer = setTimeout(() => this.#break(new Error('the broker does not answer')), answerMsMax)
      this.#waiting = {
        resolve: reading => { clearTimeout(timer); resolve(reading) },
        reject: error => { clearTimeout(timer); reject(error) }
      }
      socket.write(Buffer.concat([int32(request.length), request]))
    })
    if (answer.int32() !== correlation) throw new Error('the answer belongs to another request')
    return answer
  }

  close (): void { this.#break(new Error('closed')) }

  #connected (): Promise<Socket> {
    if (this.#socket !== undefined) return Promise.resolve(this.#socket)
    return new Promise((resolve, reject) => {
      const socket = connect({ host: this.#host, port: this.#port, noDelay: true })
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.removeListener('error', reject)
        this.#listen(socket)
        resolve(socket)
      })
    })
  }

  #listen (socket: Socket): void {
    this.#socket = socket
    let chunks: Buffer[] = []
    let length = 0
    socket.on('data', chunk => {
      chunks.push(chunk)
      length += chunk.length
      if (length < 4) return
      if (chunks[0]!.length < 4) chunks = [Buffer.concat(chunks)]
      const size = chunks[0]!.readInt32BE(0)
      if (length < 4 + size) return
      const all = Buffer.concat(chunks)
      chunks = [all.subarray(4 + size)]
      length = chunks[0]!.length
      const waiting = this.#waiting
      this.#waiting = undefined
      waiting?.resolve(new Reading(all.subarray(4, 4 + size)))
    })
    socket.on('error', error => this.#break(error))
    socket.on('close', () => this.#break(new Error('the broker broke off')))
  }

  #break (error: Error): void {
    this.#socket?.removeAllListeners()
    this.#socket?.on('error', () => undefined)
    this.#socket?.destroy()
    this.#socket = undefined
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.reject(error)
  }
}
