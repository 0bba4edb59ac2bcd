// Mutates the pure cores of the services and lets their unit tests find it. Which services: MESH_MUTATE, by comma.
const services = (process.env.MESH_MUTATE ?? '').split(',').filter(name => name !== '')
const globs = services.length === 0 ? ['*'] : services

export default {
  mutate: globs.flatMap(name => [`services/${name}/src/core/**/*.ts`, `!services/${name}/src/core/**/*.test.ts`, `!services/${name}/src/core/**/*.fixture.ts`]),
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  jest: { configFile: 'infra/mutation/jest.config.js', enableFindRelatedTests: true },
  coverageAnalysis: 'perTest',
  // What runs when a module is loaded is mutated for all tests at once, and costs each of them.
  ignoreStatic: true,
  concurrency: 2,
  timeoutMS: 2_000,
  reporters: ['progress-append-only', 'clear-text', 'json'],
  clearTextReporter: { allowColor: false, reportTests: false, reportScoreTable: true, skipFull: true },
  jsonReporter: { fileName: '.mesh/mutation/report.json' },
  incremental: true,
  incrementalFile: '.mesh/mutation/incremental.json',
  tempDirName: '.mesh/mutation/sandboxes',
  ignorePatterns: ['.mesh', 'infra/mutation/node_modules'],
  allowEmpty: false,
  thresholds: { high: 90, low: 85, break: 85 }
}
