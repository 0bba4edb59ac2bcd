// A mutant that a property finds is found within few runs; a hundred of them for each of thousands of mutants take hours.
import fc from 'fast-check'

fc.configureGlobal({ numRuns: 25 })
// The one test with a number of its own reads it from here.
process.env.MESH_FUZZ_RUNS ??= '500'
