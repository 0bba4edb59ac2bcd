// The one place for versions, images and ports; maven/pom.xml and docker-compose.yml are held against it by tests.
export const versions = {
  kafka: '4.2.0',
  scalaBinary: '2.13',
  log4j: '2.25.3',
  apicurio: '2.6.13.Final',
  embeddedRedis: '1.4.3',
  mavenDependencyPlugin: '3.8.1',
  javaMajorMin: 17,
  postgresMajorMin: 14,
  redisMajorMin: 6
} as const

export const images = {
  kafka: `apache/kafka:${versions.kafka}`,
  postgres: 'postgres:17.6-alpine',
  redis: 'redis:7.4-alpine',
  // Apicurio 2 has one image for each storage; this is the one whose program the Maven artifact is too.
  'schema-registry': `apicurio/apicurio-registry-mem:${versions.apicurio}`
} as const

// Tried first by the stack named `dev`. All lie below every system's ephemeral range: a client that keeps
// connecting to a stopped server inside that range can end up connected to itself and hold the port.
export const preferredPorts = {
  kafka: 29092,
  kafkaController: 29093,
  'schema-registry': 28081,
  postgres: 25432,
  redis: 26379
} as const

export const randomPortMin = 20_000
export const randomPortMax = 31_999
