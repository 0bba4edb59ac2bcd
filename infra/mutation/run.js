// Mutation testing: installs its own packages the first time, so that nobody else has to wait for them, then runs Stryker.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const here = import.meta.dirname
const root = join(here, '..', '..')
const withCore = readdirSync(join(root, 'services')).filter(name => existsSync(join(root, 'services', name, 'src', 'core')))
const services = process.argv.slice(2)

const usage = `npm run mutation [-- SERVICE ...]

Changes the pure cores of the services, one small thing at a time, and says which changes no unit test notices.
Services: ${withCore.join(', ')}; all of them where none is given, which takes hours.
What a run has found out is kept in .mesh/mutation and not tried again while code and tests stay as they are.`

function run (command, args, options = {}) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (status !== 0) process.exit(status ?? 1)
}

const unknown = services.filter(name => !withCore.includes(name))
if (services.includes('--help') || services.includes('-h')) console.log(usage)
else if (unknown.length > 0) {
  console.error(`No such service with a core: ${unknown.join(', ')}.\n\n${usage}`)
  process.exitCode = 2
} else {
  if (!existsSync(join(here, 'node_modules'))) {
    console.log('Installing the mutation tester (first run).')
    run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: here })
  }
  const stryker = join(here, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js')
  run(process.execPath, [stryker, 'run', join('infra', 'mutation', 'stryker.config.js')], { env: { ...process.env, MESH_MUTATE: services.join(',') } })
}
