// The audit API's HTTP interface: routes, and the OpenAPI document made from their schemas.

import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify'
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { Asking, type AskingPorts } from './asking.ts'
import { apiCodes } from './core/codes.ts'
import { addEventRoutes, type EventRoutePorts } from './event-routes.ts'
import { refusalOf, sendProblem } from './problems.ts'
import { addTraceRoute, type TraceRoutePorts } from './trace-route.ts'

export interface HttpPorts extends AskingPorts, Omit<EventRoutePorts, 'asking'>, Omit<TraceRoutePorts, 'asking'> {
  onError (error: Error): void
}

const paramCharsMax = 400
const openapi = {
  info: { title: 'Agent mesh audit API', version: '1', description: 'What happened in the mesh. Every query is itself recorded.' },
  components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
  security: [{ bearer: [] }]
} as const

export async function createHttp (ports: HttpPorts): Promise<FastifyInstance> {
  const app = Fastify({ bodyLimit: 1, requestTimeout: 30_000, forceCloseConnections: 'idle', routerOptions: { maxParamLength: paramCharsMax } })
  const asking = new Asking(ports)
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    const refusal = refusalOf(error)
    if (apiCodes[refusal.code].status >= 500) ports.onError(error)
    return sendProblem(reply, await asking.refused(request, refusal))
  })
  app.setNotFoundHandler((request, reply) => sendProblem(reply, { code: 'NOT_FOUND', detail: `${request.method} ${request.url.split('?')[0]!.slice(0, 200)} does not exist.`, problems: [] }))
  await app.register(swagger, { openapi: structuredClone(openapi) as object, transform: jsonSchemaTransform })
  await app.register(swaggerUi, { routePrefix: '/docs' })
  await app.register(async guarded => {
    guarded.addHook('onRequest', request => asking.authenticate(request))
    addEventRoutes(guarded, { ...ports, asking })
    addTraceRoute(guarded, { ...ports, asking })
  })
  await app.ready()
  return app
}
