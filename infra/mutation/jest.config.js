// The unit tests of the services, in the folder to which the mutated code was copied.
import root from '../../jest.config.js'

const unit = root.projects.find(({ displayName }) => displayName === 'unit')

export default {
  ...unit, rootDir: '../..', setupFiles: ['<rootDir>/infra/mutation/few-runs.js'], testMatch: ['<rootDir>/services/*/src/**/*.test.ts'],
  // The copy lies in .mesh, which is passed over elsewhere.
  modulePathIgnorePatterns: [],
  testPathIgnorePatterns: [...unit.testPathIgnorePatterns.filter(pattern => !pattern.includes('.mesh')), 'readme\\.test\\.ts$']
}
