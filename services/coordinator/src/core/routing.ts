// Which agent gets a request or an event: the one named, else one of the source's own domain, else the first by name.
import type { Dispatch } from '@mesh/schemas'
import type { ControlState, RegisteredAgent } from './control.ts'
import type { Refusal } from './ingress.ts'

export type Route = { readonly agent: RegisteredAgent } | { readonly refusal: Refusal }

export function selectTarget (dispatch: Dispatch, source: RegisteredAgent, control: ControlState): Route {
  if (dispatch.target !== null) return namedTarget(dispatch.target, dispatch.capability, control)
  let first: RegisteredAgent | undefined
  for (const name of control.offeredBy.get(dispatch.capability) ?? []) {
    const agent = control.agents.get(name)
    if (agent === undefined || !takesNew(agent)) continue
    if (agent.registration.domain === source.registration.domain) return { agent }
    first ??= agent
  }
  if (first !== undefined) return { agent: first }
  return refuse('UNKNOWN_CAPABILITY', `no active agent offers '${dispatch.capability}'`)
}

function namedTarget (name: string, capability: string, control: ControlState): Route {
  const agent = control.agents.get(name)
  if (agent === undefined) return refuse('UNKNOWN_TARGET', `no agent '${name}' is registered`)
  if (!agent.offers.has(capability)) return refuse('UNKNOWN_TARGET', `agent '${name}' does not offer '${capability}'`)
  if (agent.registration.status === 'quarantined') return refuse('QUARANTINED', `agent '${name}' is quarantined`)
  if (!takesNew(agent)) return refuse('TARGET_DRAINING', `agent '${name}' is being drained`)
  return { agent }
}

/** What is sent to a paused agent waits in the mesh until it is resumed. */
const takesNew = ({ registration: { status } }: RegisteredAgent): boolean => status === 'active' || status === 'paused'

const refuse = (code: Refusal['code'], message: string): Route => ({ refusal: { code, message } })
