#!/usr/bin/env node
// Runs the command line on the mesh's own Node, in the caller's folder, whatever Node the machine has.
'use strict'

const { join } = require('node:path')
const { runPinned } = require('../../../infra/bootstrap/bootstrap.cjs')

runPinned(join(__dirname, '..', 'src', 'main.ts'), process.argv.slice(2))
