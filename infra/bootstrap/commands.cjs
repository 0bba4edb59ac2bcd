// Each command's script, run from the repository's root.
'use strict'

const { join } = require('node:path')

const root = join(__dirname, '..', '..')
const script = (path, args = []) => ({ script: join(root, path), args, nodeArgs: [], env: {} })

// The reporter's line is the last: Jest runs reporters in this order.
const jestWith = (args, env) => ({
  script: join(root, 'node_modules/jest/bin/jest.js'),
  args: ['--reporters=default', `--reporters=${join(root, 'infra/checks/src/summary-reporter.js')}`, ...args],
  nodeArgs: ['--experimental-vm-modules'],
  env
})

const commands = {
  start: script('infra/local/src/start.ts'),
  up: script('infra/local/src/cli/up.ts'),
  down: script('infra/local/src/cli/down.ts'),
  status: script('infra/local/src/cli/status.ts'),
  test: jestWith([], {}),
  'test:long': jestWith(['--selectProjects', 'long'], { MESH_TEST_LONG: '1' }),
  verify: script('infra/checks/src/verify.ts'),
  'schemas:generate': script('schemas/scripts/generate.ts'),
  'schemas:check': script('schemas/scripts/check.ts'),
  'topics:plan': script('topics/scripts/plan.ts'),
  'topics:apply': script('topics/scripts/apply.ts'),
  loadtest: script('loadtest/src/main.ts'),
  'bench:decide': script('services/coordinator/bench/decide.ts'),
  'loadtest:latency': script('loadtest/src/dispatch-latency.ts'),
  'loadtest:signing': script('services/coordinator/bench/signing-cost.ts'),
  torture: script('infra/torture/src/main.ts'),
  mutation: script('infra/mutation/run.js'),
  'docs:generate': script('infra/checks/src/docs-generate.ts'),
  mesh: { ...script('services/cli/src/main.ts'), keepFolder: true }
}

module.exports = { commands, root }
