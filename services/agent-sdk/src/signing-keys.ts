// The private keys of this process's agents: from the setting, or from a file that is made on the first start.
//
// Invariants:
//   P1. A key that is replaced in its file is used at the second look after that, without a restart, so that whoever checks
//       signatures has heard of it; the one before is used until then.
//   P2. A file that can't be read later changes nothing: the key in hand goes on, and the log says so.
import { keyPath, loadKey, loadOrCreateKey, type SigningKey, signingKeyFrom } from '@mesh/signing'
import type { Logger } from 'pino'
import { sdkCodes } from './codes.ts'
import type { Settings } from './config.ts'
import { MeshError } from './errors.ts'

const lookMs = 5_000

export class SigningKeys {
  readonly #settings: Pick<Settings, 'keysFolder' | 'signingKey'>
  readonly #logger: Logger
  readonly #keys = new Map<string, SigningKey>()
  /** Seen in their files once. */
  readonly #next = new Map<string, string>()
  #timer: NodeJS.Timeout | undefined

  constructor (settings: Pick<Settings, 'keysFolder' | 'signingKey'>, logger: Logger) {
    this.#settings = settings
    this.#logger = logger
  }

  /** Of an agent that was loaded. */
  readonly of = (agent: string): SigningKey => this.#keys.get(agent)!

  async load (agent: string): Promise<SigningKey> {
    try {
      const key = await this.#found(agent)
      this.#keys.set(agent, key)
      if (this.#settings.signingKey === undefined) this.#timer ??= setInterval(() => void this.look(), lookMs).unref()
      return key
    } catch (error) {
      throw new MeshError('SIGNING_KEY_UNUSABLE', (error as Error).message, { ...sdkCodes.SIGNING_KEY_UNUSABLE, cause: error })
    }
  }

  /** Takes keys that were replaced. */
  async look (): Promise<void> {
    for (const [agent, { keyId }] of this.#keys) {
      try {
        const key = await loadKey(keyPath(this.#settings.keysFolder, agent))
        if (key === undefined || key.keyId === keyId) continue
        if (this.#next.get(agent) !== key.keyId) {
          this.#next.set(agent, key.keyId)
          continue
        }
        this.#keys.set(agent, key)
        this.#logger.info({ agent, keyId: key.keyId }, 'signs with a new key')
      } catch (error) {
        this.#logger.warn({ agent, keyId, problem: (error as Error).message }, 'the new key can not be used; signs with the one before')
      }
    }
  }

  close (): void { clearInterval(this.#timer) }

  async #found (agent: string): Promise<SigningKey> {
    const { signingKey, keysFolder } = this.#settings
    if (signingKey !== undefined) return signingKeyFrom(signingKey)
    const { key, path, isNew } = await loadOrCreateKey(keyPath(keysFolder, agent))
    if (isNew) this.#logger.info({ agent, keyId: key.keyId, path }, 'made a key to sign with')
    return key
  }
}
