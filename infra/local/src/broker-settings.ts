// What a mesh on one machine needs of its broker, with or without Docker.
export const brokerSettings: readonly (readonly [string, string])[] = [
  ['offsets.topic.replication.factor', '1'],
  ['offsets.topic.num.partitions', '10'],
  ['transaction.state.log.replication.factor', '1'],
  ['transaction.state.log.min.isr', '1'],
  ['transaction.state.log.num.partitions', '10'],
  ['share.coordinator.state.topic.replication.factor', '1'],
  ['share.coordinator.state.topic.min.isr', '1'],
  ['group.initial.rebalance.delay.ms', '0'],
  // Sessions under 6 s, for a quick takeover.
  ['group.min.session.timeout.ms', '1000'],
  // The default, 10 s, is how long a dead owner's open transaction would hold back readers beyond its own timeout.
  ['transaction.abort.timed.out.transaction.cleanup.interval.ms', '500'],
  // How long a killed broker's registration bars the next one: 9 s by default.
  ['broker.session.timeout.ms', '3000'],
  ['broker.heartbeat.interval.ms', '1000'],
  ['log.cleaner.dedupe.buffer.size', '4194304'],
  ['log.segment.bytes', '134217728'],
  ['log.index.size.max.bytes', '1048576'],
  ['auto.create.topics.enable', 'false']
]
