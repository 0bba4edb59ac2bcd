/** Node's own default on a machine with memory: of every process of a run. `npm start` takes 4, and collects more often. */
export const semiSpaceMb = 16
