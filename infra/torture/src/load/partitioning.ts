// The partition of a key, as every Kafka client's default partitioner has it; kafkajs's own.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const murmur2 = require('kafkajs/src/producer/partitioners/default/murmur2') as (key: Buffer) => number

export const partitionOf = (key: string, partitions: number): number => (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions
