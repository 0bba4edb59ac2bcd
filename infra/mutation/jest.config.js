// The unit tests of the services, in the folder to which the mutated code was copied.
import root from '../../jest.config.js'

const unit = root.projects.find(({ displayName }) => displayName === 'unit')

export default {
  ...unit, rootDir: '../..', setupFiles: ['<rootDir>/infra/mutation/few-runs.js'], testMatch: ['<rootDir>/services/*/src/**/*.test.ts'],
  testPathIgnorePatterns: [...unit.testPathIgnorePatterns, 'readme\\.test\\.ts$']
}
