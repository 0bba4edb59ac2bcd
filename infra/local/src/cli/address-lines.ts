import type { StackAddresses } from '../index.ts'

export const addressLines = (addresses: StackAddresses): string[] => [
  `  Kafka            ${addresses.kafkaBrokers.join(', ')}`,
  `  schema registry  ${addresses.schemaRegistryUrl}`,
  `  PostgreSQL       ${withoutPassword(addresses.databaseUrl)}`,
  `  Redis            ${withoutPassword(addresses.redisUrl)}`
]

export function withoutPassword (address: string): string {
  const url = new URL(address)
  if (url.password !== '') url.password = '***'
  return url.href
}
