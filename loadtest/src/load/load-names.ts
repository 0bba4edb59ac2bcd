// Names of the load's agents, and of what they are asked.

export const targetName = (target: number): string => `load-target-${target}`
export const sourceName = (source: number): string => `load-source-${source}`
export const capabilityOf = (target: number): string => `load_${target}`
