import { type Command, InvalidArgumentError } from 'commander'
import { askerOf, type AskerFlags } from '../asker.ts'
import { loadSettings } from '../config.ts'
import { printable } from '../core/printable.ts'
import { keyHeadings, keyLines, keyRows } from '../core/key-rows.ts'
import { durationMs } from '../core/since.ts'
import { CliError } from '../errors.ts'
import type { CommandContext, Runner } from './command.ts'

interface RotateFlags extends AskerFlags { readonly overlap: number }

export function addKeys (program: Command, run: Runner): void {
  const keys = program.command('keys')
    .description('what agents sign with: which public keys speak for whom, and until when')
    .addHelpText('after', '\nExamples:\n  npx mesh keys\n  npx mesh keys rotate planner --why "once a year"\n  npx mesh keys revoke planner eXhZk0Jw2mQ1a9Bc --why "it was in a repository"')
    .argument('[agent]', 'its keys only')
    .action((agent?: string) => run(context => list(agent, context)))
  keys.command('list')
    .description('list keys, the newest of each agent first')
    .argument('[agent]', 'its keys only')
    .addHelpText('after', '\nExample:\n  npx mesh keys list planner')
    .action((agent?: string) => run(context => list(agent, context)))
  asked(keys.command('rotate'))
    .description('make a new key for an agent, register it, and put it in its file; running instances take it within seconds')
    .argument('<agent>', 'its name; the file is AGENT.pem in MESH_KEYS_FOLDER')
    .option('--overlap <duration>', 'how long its other keys go on: 0, 90s, 30m, 24h, 7d', parseOverlap, 24 * 3_600_000)
    .addHelpText('after', '\nRun it where the key file lies. Where keys come from MESH_SIGNING_KEY, set the new one from the file and start the instances again within the overlap.\n\nExample:\n  npx mesh keys rotate planner --overlap 1h --why "once a year"')
    .action((agent: string, flags: RotateFlags) => run(context => rotate(agent, flags, context)))
  asked(keys.command('revoke'))
    .description('believe nothing more that a key signs, or has signed, everywhere and within seconds; for ever')
    .argument('<agent>', 'whose key it is')
    .argument('<key-id>', '`mesh keys list AGENT` shows it')
    .addHelpText('after', '\nIf it is the only key of the agent, rotate first: without one its dispatches are refused.\n\nExample:\n  npx mesh keys revoke planner eXhZk0Jw2mQ1a9Bc --why "it was in a repository"')
    .action((agent: string, keyId: string, flags: AskerFlags) => run(context => revoke(agent, keyId, flags, context)))
}

const asked = (command: Command): Command => command
  .requiredOption('--why <text>', 'for the audit')
  .option('--who <name>', 'for the audit; who is logged in by default')

async function list (agent: string | undefined, { terminal }: CommandContext): Promise<void> {
  const { registryUrl } = await loadSettings(['registryUrl'])
  const { listKeys } = await import('../registry.ts')
  const lines = keyLines(await listKeys(registryUrl, agent), Date.now())
  if (terminal.json) return terminal.value({ keys: lines })
  if (lines.length === 0) return terminal.line(agent === undefined ? 'No agent has registered a key.' : `${printable(agent)} has registered no key.`)
  await terminal.table(keyHeadings, keyRows(lines, terminal.paint))
}

async function rotate (agent: string, flags: RotateFlags, { terminal }: CommandContext): Promise<void> {
  const { registryUrl, keysFolder } = await loadSettings(['registryUrl', 'keysFolder'])
  const { createSigningKey, keyPath, replaceKey, shownKey } = await import('@mesh/signing')
  const { rotateKey } = await import('../registry.ts')
  const { key, pem } = createSigningKey()
  const change = await rotateKey(registryUrl, agent, shownKey(key, agent), flags.overlap, askerOf(flags))
  const path = keyPath(keysFolder, agent)
  await replaceKey(path, pem).catch((error: Error) => {
    throw new CliError('CHANGE_REFUSED', `The key ${key.keyId} is registered, but could not be written to ${path}: ${error.message}. The others go on for the overlap.`, { next: 'Mend that, then rotate again.' })
  })
  if (terminal.json) return terminal.value({ ...change, path })
  await terminal.line(`${printable(agent)} signs with ${key.keyId} from now on, kept in ${path}; its other keys go on for ${Math.round(flags.overlap / 1_000)} s.`)
}

async function revoke (agent: string, keyId: string, flags: AskerFlags, { terminal }: CommandContext): Promise<void> {
  const { registryUrl } = await loadSettings(['registryUrl'])
  const { revokeKey } = await import('../registry.ts')
  const change = await revokeKey(registryUrl, agent, keyId, askerOf(flags))
  if (terminal.json) return terminal.value(change)
  await terminal.line(change.isChanged ? `${printable(keyId)} of ${printable(agent)} is revoked.` : `${printable(keyId)} of ${printable(agent)} was revoked before; nothing was changed.`)
}

function parseOverlap (text: string): number {
  const ms = text === '0' ? 0 : durationMs(text)
  if (ms === undefined) throw new InvalidArgumentError('It is 0, or a number with s, m, h or d.')
  return ms
}
