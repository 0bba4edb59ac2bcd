// How many handlers this instance may run at once: its share of the agent's `maxConcurrent`.

/**
 * By assigned partitions over all partitions, rounded down, at least 1 (so with more instances than `maxConcurrent`,
 * each still runs one). No instance needs to know how many others there are.
 */
export function concurrencyShare (maxConcurrent: number, assignedPartitions: number, allPartitions: number): number {
  if (allPartitions <= 0) return 1
  return Math.max(1, Math.floor(maxConcurrent * Math.min(assignedPartitions, allPartitions) / allPartitions))
}
