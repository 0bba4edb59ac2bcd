// Which keys speak for which agents; what operators change about them.

import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { keyChangeAnswer, keyListAnswer, problemAnswer, refusals } from './answers.ts'
import { askedBody, askedChange, rotationBody } from './change-request.ts'
import { sendChange } from './control-routes.ts'
import { type Keys, listKeys } from './core/keys.ts'
import { agentName } from './field-schemas.ts'
import type { KeyChanges } from './key-changes.ts'
import { toOfferedKey } from './request.ts'

export interface KeyRoutePorts {
  readonly keys: Keys
  readonly keyChanges: KeyChanges
}

const answers = { 200: keyChangeAnswer, 404: problemAnswer, ...refusals }

export function addKeyRoutes (app: FastifyInstance, { keys, keyChanges }: KeyRoutePorts): void {
  const typed = app.withTypeProvider<ZodTypeProvider>()

  typed.get('/keys', {
    schema: { summary: 'Public keys and how long they speak for their agents', querystring: z.strictObject({ agent: agentName.optional() }), response: { 200: keyListAnswer, 400: problemAnswer } }
  }, ({ query }) => ({ keys: listKeys(keys, query.agent).map(({ publicKey, ...key }) => ({ ...key, publicKey: publicKey.toString('base64url') })) }))

  typed.post('/agents/:name/keys', {
    schema: { summary: 'Let an agent sign with a new key; its others go on for the overlap', params: z.object({ name: agentName }), body: rotationBody, response: answers }
  }, async ({ params: { name }, body }, reply) =>
    sendChange(reply, await keyChanges.rotate(name, toOfferedKey(name, body.key), body.overlapMs, askedChange(body))))

  typed.put('/agents/:name/keys/:keyId/revocation', {
    schema: { summary: 'Believe nothing more that a key signs, or has signed', params: z.object({ name: agentName, keyId: z.string().max(100) }), body: askedBody, response: answers }
  }, async ({ params: { name, keyId }, body }, reply) => sendChange(reply, await keyChanges.revoke(name, keyId, askedChange(body))))
}
