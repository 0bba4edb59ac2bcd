// The group's consumer, as a task uses it: positions and pauses of its own partitions.
import type { Consumer } from 'kafkajs'

export interface Inputs {
  seek (topic: string, partition: number, offset: number): void
  pause (topic: string, partition: number): void
  resume (topic: string, partition: number): void
}

export const inputsOf = (consumer: Consumer): Inputs => ({
  seek: (topic, partition, offset) => whileInGroup(() => consumer.seek({ topic, partition, offset: String(offset) })),
  pause: (topic, partition) => whileInGroup(() => consumer.pause([{ topic, partitions: [partition] }])),
  resume: (topic, partition) => whileInGroup(() => consumer.resume([{ topic, partitions: [partition] }]))
})

/**
 * Between a crash of the consumer and its next join kafkajs has no group, and throws. What is missed then is put in
 * place by the join: tasks that run restore their positions and pauses, all others start anew.
 */
function whileInGroup (move: () => void): void {
  try {
    move()
  } catch {
    // See above.
  }
}
