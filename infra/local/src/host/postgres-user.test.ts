import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { hydrate } from './postgres-binaries.ts'
import { chooseReachable, findUser, mayTraverse } from './postgres-user.ts'

const passwd = 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/sbin/nologin\npostgres:x:101:104::/var/lib/postgresql:/bin/bash\n'
const user = { name: 'postgres', uid: 101, gid: 104 }

test('the first of the wanted users that exists', () => {
  expect(findUser(passwd, ['postgres', 'nobody'])).toEqual(user)
  expect(findUser(passwd, ['_postgres', 'nobody'])?.name).toBe('nobody')
  expect(findUser(passwd, ['_postgres'])).toBeUndefined()
})

test('the most particular bit that applies decides, as it does for the kernel', () => {
  expect(mayTraverse({ mode: 0o700, uid: 101, gid: 0 }, user)).toBe(true)
  expect(mayTraverse({ mode: 0o710, uid: 0, gid: 104 }, user)).toBe(true)
  expect(mayTraverse({ mode: 0o701, uid: 0, gid: 104 }, user)).toBe(false)
  expect(mayTraverse({ mode: 0o700, uid: 0, gid: 0 }, user)).toBe(false)
  expect(mayTraverse({ mode: 0o755, uid: 0, gid: 0 }, user)).toBe(true)
})

test('data goes elsewhere when its user can not walk to it, to the same place each time', () => {
  const closed = mkdtempSync(join(tmpdir(), 'mesh-closed-'))
  try {
    // mkdtemp makes the folder for its owner alone; this user is nobody's.
    const stranger = { name: 'stranger', uid: 54_321, gid: 54_321 }
    const wanted = join(closed, 'dev', 'postgres')
    expect(chooseReachable(wanted, closed, undefined)).toBe(wanted)
    expect(chooseReachable(wanted, closed, stranger)).toMatch(/^\/var\/tmp\/mesh-[0-9a-f]{12}$/)
    expect(chooseReachable(wanted, closed, stranger)).toBe(chooseReachable(wanted, closed, stranger))
  } finally {
    rmSync(closed, { recursive: true })
  }
})

test('the links that an npm package can not hold are made in a copy, without its install script', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-hydrate-'))
  try {
    const native = join(folder, 'package', 'native')
    mkdirSync(join(native, 'lib'), { recursive: true })
    writeFileSync(join(native, 'lib', 'libpq.so.5.18'), 'library')
    writeFileSync(join(native, 'pg-symlinks.json'), JSON.stringify([{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }]))
    const copy = hydrate(native, join(folder, 'cache', 'postgres'))
    expect(readFileSync(join(copy, 'lib', 'libpq.so.5'), 'utf8')).toBe('library')
    expect(existsSync(join(native, 'lib', 'libpq.so.5'))).toBe(false)
    expect(hydrate(native, copy)).toBe(copy)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
