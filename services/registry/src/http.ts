// The registry's HTTP interface: routes, and the OpenAPI document made from their schemas.

import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify'
import { jsonSchemaTransform, serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { agentAnswer, agentDetail, agentItem, agentListAnswer, capabilityItem, capabilityListAnswer, problemAnswer, refusals, registeredAnswer } from './answers.ts'
import { addControlRoutes, type ControlRoutePorts } from './control-routes.ts'
import { bounds } from './core/field-rules.ts'
import { currentAgents, findCapabilities } from './core/lookup.ts'
import type { OfferedKey } from './core/keys.ts'
import type { RegistrationRequest } from './core/register.ts'
import { registrationKey, versionsOf, type RegistryState } from './core/state.ts'
import { addDeadLetterRoutes } from './dead-letter-routes.ts'
import type { DeadLetters } from './dead-letters.ts'
import { addHoldRoutes } from './hold-routes.ts'
import { addKeyRoutes, type KeyRoutePorts } from './key-routes.ts'
import type { RegistrationResult } from './pipeline.ts'
import { refusalOf, sendProblem } from './problems.ts'
import { registrationBody, toOfferedKey, toRequest } from './request.ts'

export interface HttpPorts extends ControlRoutePorts, KeyRoutePorts {
  readonly state: RegistryState
  readonly deadLetters: DeadLetters
  register (request: RegistrationRequest, key: OfferedKey | undefined): Promise<RegistrationResult>
  onAnswer (route: string, status: number): void
  onError (error: Error): void
}

const name = z.string().max(200)

export async function createHttp (ports: HttpPorts): Promise<FastifyInstance> {
  const app = Fastify({ bodyLimit: bounds.requestBytesMax, requestTimeout: 30_000, forceCloseConnections: 'idle', routerOptions: { maxParamLength: 200 } })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const refusal = refusalOf(error)
    if (refusal.code === 'INTERNAL') ports.onError(error)
    return sendProblem(reply, refusal)
  })
  app.setNotFoundHandler((request, reply) => notFound(reply, `${request.method} ${request.url.slice(0, 200)} does not exist`))
  app.addHook('onResponse', async (request, reply) => ports.onAnswer(request.routeOptions.url ?? 'unknown', reply.statusCode))
  await app.register(swagger, { openapi: { info: { title: 'Agent mesh registry', version: '1' } }, transform: jsonSchemaTransform })
  await app.register(swaggerUi, { routePrefix: '/docs' })
  addWriteRoutes(app, ports)
  addReadRoutes(app, ports)
  addControlRoutes(app, ports)
  addHoldRoutes(app, ports)
  addDeadLetterRoutes(app, ports)
  addKeyRoutes(app, ports)
  await app.ready()
  return app
}

function addWriteRoutes (app: FastifyInstance, ports: HttpPorts): void {
  app.withTypeProvider<ZodTypeProvider>().post('/agents', {
    schema: { summary: 'Register an agent; the same again changes nothing', body: registrationBody, response: { 200: registeredAnswer, 201: registeredAnswer, ...refusals } }
  }, async (request, reply) => {
    const { name, key } = request.body
    const result = await ports.register(toRequest(request.body), key === undefined ? undefined : toOfferedKey(name, key))
    if (result.outcome === 'refused') return sendProblem(reply, { code: result.code, detail: result.message, problems: result.problems })
    const { registration, controlOffset, warnings } = result
    const { name: agent, version, inboxPartitions, answersPartitions } = registration
    return reply.code(result.change === 'new' ? 201 : 200).send({ agent, version, inboxPartitions, answersPartitions, controlOffset, warnings: [...warnings] })
  })
}

function addReadRoutes (app: FastifyInstance, { state }: HttpPorts): void {
  const typed = app.withTypeProvider<ZodTypeProvider>()
  typed.get('/agents', { schema: { summary: 'Current version of every agent', response: { 200: agentListAnswer } } },
    () => ({ agents: currentAgents(state).map(agentItem) }))

  typed.get('/agents/:name', { schema: { summary: 'Current version of an agent', params: z.object({ name }), response: { 200: agentAnswer, 404: problemAnswer } } },
    async (request, reply) => {
      const known = state.currentByName.get(request.params.name)
      return known === undefined ? notFound(reply, `No agent ${request.params.name}`) : reply.send(agentDetail(known, versionsOf(state, request.params.name)))
    })

  typed.get('/agents/:name/versions/:version', {
    schema: { summary: 'One version of an agent', params: z.object({ name, version: name }), response: { 200: agentAnswer, 404: problemAnswer } }
  }, async (request, reply) => {
    const { params } = request
    const known = state.byKey.get(registrationKey(params.name, params.version))
    return known === undefined ? notFound(reply, `No agent ${params.name} ${params.version}`) : reply.send(agentDetail(known, versionsOf(state, params.name)))
  })

  typed.get('/capabilities', {
    schema: {
      summary: 'Who offers what, by capability, domain and region',
      querystring: z.strictObject({ capability: name.optional(), domain: name.optional(), region: name.optional() }),
      response: { 200: capabilityListAnswer, 400: problemAnswer }
    }
  }, request => ({ capabilities: findCapabilities(state, request.query).map(capabilityItem) }))
}

function notFound (reply: FastifyReply, detail: string): FastifyReply {
  return sendProblem(reply, { code: 'NOT_FOUND', detail, problems: [] })
}
