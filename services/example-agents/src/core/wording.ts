// Numbers and counts as a person reads them.

export const dollarsText = (dollars: number): string => `$${String(dollars).replace(/\B(?=(\d{3})+$)/g, ',')}`

export const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`
