// A mutant that a property finds is found within few runs; a hundred of them for each of thousands of mutants take hours.
import fc from 'fast-check'

fc.configureGlobal({ numRuns: 25 })
