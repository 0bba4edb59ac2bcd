'use strict'

// An error whose message says what to do; printed without a stack.
class AdviceError extends Error {
  constructor (advice) {
    super(advice)
    this.advice = advice
  }
}

// Pure: what npm's complaint means for the person at the terminal.
function adviceForNpm (output) {
  const shown = output.trim().split('\n').filter(line => !/EBADENGINE|npm warn|npm WARN|A complete log/.test(line)).slice(-12).map(line => `    ${line}`).join('\n')
  return `npm could not install the packages:\n${shown}\n${remedyForNpm(output)}`
}

function remedyForNpm (output) {
  if (/ENOSPC|EDQUOT|no space left/i.test(output)) return 'The disk is full: free about 1 GB, then run the command again.'
  if (/EACCES|EPERM|EROFS/.test(output)) return 'No permission to write: give yourself this folder and npm\'s cache (sudo chown -R "$(id -u)" . ~/.npm), then run the command again.'
  if (/\bE40[137]\b/.test(output)) return 'The package registry wants a login or refuses this one: see npm config get registry, and npm login.'
  if (/ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH|network/i.test(output)) return 'The package registry can\'t be reached: check the network and the proxy (npm config get registry, npm config get proxy), then run the command again.'
  return 'Run npm install by hand to see all of it.'
}

module.exports = { AdviceError, adviceForNpm }
