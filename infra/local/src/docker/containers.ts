// The four parts as containers: image, port, environment and volume of each. docker-compose.yml says the same; a test holds them together.
import { brokerSettings } from '../broker-settings.ts'
import type { PortNumbers } from '../ports.ts'
import type { PartName } from '../stack.ts'
import { images } from '../versions.ts'

export interface ContainerPlan {
  readonly image: string
  readonly port: number
  readonly hostPort: number
  readonly environment: Readonly<Record<string, string>>
  readonly command?: readonly string[]
  readonly user?: string
  // Where its data lies inside the container.
  readonly dataFolder: string
  readonly readyPath?: string
}

export const kafkaVariable = (setting: string): string => `KAFKA_${setting.toUpperCase().replaceAll('.', '_')}`

// Once one setting is given, the image takes all of them from the environment and none from its own file.
export function kafkaEnvironment (advertised: string): Record<string, string> {
  return {
    KAFKA_NODE_ID: '1',
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9094',
    KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9094',
    KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://${advertised}`,
    KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_INTER_BROKER_LISTENER_NAME: 'PLAINTEXT',
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    KAFKA_LOG_DIRS: '/var/lib/kafka/data',
    KAFKA_HEAP_OPTS: '-Xmx512m',
    ...Object.fromEntries(brokerSettings.map(([key, value]) => [kafkaVariable(key), value]))
  }
}

export function containerPlans (ports: PortNumbers): Readonly<Record<PartName, ContainerPlan>> {
  return {
    kafka: {
      image: images.kafka, port: 9092, hostPort: ports.kafka, dataFolder: '/var/lib/kafka/data',
      environment: kafkaEnvironment(`127.0.0.1:${ports.kafka}`)
    },
    'schema-registry': {
      image: images['schema-registry'], port: 8080, hostPort: ports['schema-registry'], dataFolder: '/data', readyPath: '/apis/ccompat/v7/subjects',
      // Its own user may not write to a new volume.
      user: '0',
      environment: { QUARKUS_DATASOURCE_JDBC_URL: 'jdbc:h2:file:/data/schemas', QUARKUS_LOG_LEVEL: 'WARN' }
    },
    postgres: {
      image: images.postgres, port: 5432, hostPort: ports.postgres, dataFolder: '/var/lib/postgresql/data',
      environment: { POSTGRES_USER: 'mesh', POSTGRES_DB: 'mesh', POSTGRES_HOST_AUTH_METHOD: 'trust' },
      command: ['postgres', '-c', 'max_connections=200', '-c', 'timezone=UTC']
    },
    redis: {
      image: images.redis, port: 6379, hostPort: ports.redis, dataFolder: '/data',
      environment: {}, command: ['redis-server', '--appendonly', 'no', '--save', '300 1']
    }
  }
}
