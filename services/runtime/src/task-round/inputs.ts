// The group's consumer, as a task uses it: positions and pauses of its own partitions.
import type { Consumer } from 'kafkajs'

export interface Inputs {
  seek (topic: string, partition: number, offset: number): void
  pause (topic: string, partition: number): void
  resume (topic: string, partition: number): void
}

export const inputsOf = (consumer: Consumer): Inputs => ({
  seek: (topic, partition, offset) => consumer.seek({ topic, partition, offset: String(offset) }),
  pause: (topic, partition) => consumer.pause([{ topic, partitions: [partition] }]),
  resume: (topic, partition) => consumer.resume([{ topic, partitions: [partition] }])
})
