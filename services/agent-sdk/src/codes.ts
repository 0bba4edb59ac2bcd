// Every code that the SDK itself gives to a caller, beside the mesh's own reason codes: the closed list. The README's table is made from here.

export const sdkCodes = {
  DEFINITION_INVALID: { retriable: false, doc: 'The agent\'s definition contradicts itself or breaks a rule; all problems are listed.', next: 'Correct the definition.' },
  CONFIG_INVALID: { retriable: false, doc: 'A setting is missing or invalid in both options and environment.', next: 'Set what the message names.' },
  SIGNING_KEY_UNUSABLE: { retriable: false, doc: 'The private key can\'t be read, is none, or can be read by others.', next: 'Do what its message says, or `mesh keys rotate AGENT`.' },
  REGISTRY_UNREACHABLE: { retriable: true, doc: 'The registry did not answer in time at start.', next: 'Start the mesh, or set MESH_REGISTRY_URL.' },
  REGISTRATION_REFUSED: { retriable: false, doc: 'The registry refused the registration.', next: 'Do what its message says.' },
  BROKER_UNREACHABLE: { retriable: true, doc: 'Kafka could not be reached, or a topic of the mesh is missing, at start.', next: 'Start the mesh, or set MESH_KAFKA_BROKERS.' },
  NOT_STARTED: { retriable: true, doc: 'The agent is not started.', next: 'Await `agent.start()` first.' },
  STOPPED: { retriable: true, doc: 'The agent stopped before the answer came, or was stopping when asked to send.', next: 'Ask again from an agent that runs.' },
  CALLS_FULL: { retriable: true, doc: 'Too many calls of this instance wait for an answer.', next: 'Call less at once, or start more instances.' },
  QUEUE_FULL: { retriable: true, doc: 'Too much waits to be sent to the broker.', next: 'Slow down; the broker is slow or away.' },
  SEND_FAILED: { retriable: true, doc: 'The broker did not take the dispatch; whether it has it is not known.', next: 'Call again; a handler that runs again sends the same id.' },
  PRIORITY_RAISED: { retriable: false, doc: 'A handler asked for a more urgent class than that of the dispatch it handles.', next: 'Leave the priority out, or lower it.' },
  CHAIN_TOO_LONG: { retriable: false, doc: 'The dispatch has been handed on too many times.', next: 'Look for agents that call each other in a circle.' },
  PAYLOAD_NOT_JSON: { retriable: false, doc: 'The input or output can\'t be written as JSON.', next: 'Send plain data.' }
} as const satisfies Record<string, { readonly retriable: boolean, readonly doc: string, readonly next: string }>

export type SdkCode = keyof typeof sdkCodes
