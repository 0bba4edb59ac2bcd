// One tool for lint, format and layer rules, so that a wrong import fails `npm run verify`.
import stylistic from '@stylistic/eslint-plugin'
import tseslint from 'typescript-eslint'

// Words of the mesh that must not appear in the runtime, which any Kafka service could use.
const domainWord = '/agent|dispatch|capabilit|tenant|quota/i'

const noRelativeProcessImport = {
  regex: '^(\\.\\./)+(services|schemas|topics|infra|loadtest)/',
  message: 'Import another workspace by its name; a process is never imported.'
}
const noProcessImport = {
  regex: '^@mesh/(coordinator|registry|governor|archiver|audit-api|example-agents|cli|loadtest|checks|torture)$',
  message: 'Services meet only in topics: no process imports another.'
}
const patterns = (...more) => ['error', { patterns: [noRelativeProcessImport, noProcessImport, ...more] }]

export default tseslint.config(
  { ignores: ['**/node_modules/', '.mesh/', '**/src/generated/'] },
  {
    files: ['**/*.{ts,js,cjs,mjs}'],
    extends: [tseslint.configs.recommended, stylistic.configs.customize({ quotes: 'single', semi: false, indent: 2, commaDangle: 'never', braceStyle: '1tbs', arrowParens: false, quoteProps: 'as-needed' })],
    rules: {
      '@stylistic/arrow-parens': ['error', 'as-needed'],
      '@stylistic/space-before-function-paren': ['error', 'always'],
      '@stylistic/max-statements-per-line': ['error', { max: 2 }],
      '@stylistic/multiline-ternary': 'off',
      '@stylistic/operator-linebreak': 'off',
      '@stylistic/indent-binary-ops': 'off',
      '@stylistic/member-delimiter-style': 'off',
      '@stylistic/max-len': ['error', { code: 160, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'none' }],
      'no-restricted-imports': patterns(),
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      eqeqeq: 'error',
      'prefer-const': 'error'
    }
  },
  { files: ['**/*.ts'], languageOptions: { parserOptions: { projectService: true } }, rules: { '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true }], '@typescript-eslint/await-thenable': 'error' } },
  { files: ['**/*.test.ts', '**/test/**/*.ts'], rules: { 'max-lines-per-function': 'off', 'no-console': 'off' } },
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  { files: ['services/cli/**', 'infra/**', 'loadtest/**', '**/scripts/**'], rules: { 'no-console': 'off' } },
  {
    // The environment is read in one place per process.
    files: ['services/*/src/**/*.ts', 'schemas/**/*.ts', 'topics/**/*.ts'], ignores: ['**/config.ts', '**/main.ts', '**/*.test.ts', '**/test/**'],
    rules: { 'no-restricted-properties': ['error', { object: 'process', property: 'env', message: 'config.ts is the only reader of the environment.' }] }
  },
  {
    files: ['services/*/src/core/**/*.ts', 'infra/torture/src/core/**/*.ts', 'loadtest/src/core/**/*.ts'], ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': patterns({ regex: '^(?!\\./|(zod|hdr-histogram-js)$|@mesh/(schemas|topics|quota-store/limits|signing/(chain|merkle)|evidence/(log|findings)|completeness/counting|trace|trace/fixture)$)', message: 'core/ decides; it does no I/O. Take the value as an argument.' }),
      'no-restricted-globals': ['error', 'process', 'fetch', 'setTimeout', 'setInterval', 'setImmediate', 'console', 'performance', 'crypto'],
      'no-restricted-properties': ['error', { object: 'Date', property: 'now' }, { object: 'Math', property: 'random' }],
      'no-restricted-syntax': ['error', { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: 'Take `now` as an argument.' }]
    }
  },
  {
    files: ['services/runtime/src/**/*.ts'],
    rules: {
      'no-restricted-imports': patterns({ regex: '^@mesh/', message: 'runtime holds no domain word and imports no workspace.' }),
      'no-restricted-syntax': ['error',
        { selector: `Identifier[name=${domainWord}]`, message: 'A domain word in the runtime is a bug.' },
        { selector: `Literal[value=${domainWord}]`, message: 'A domain word in the runtime is a bug.' }]
    }
  },
  {
    // What judges the mesh must not share its mistakes.
    files: ['infra/torture/src/reader/**/*.ts'],
    rules: { 'no-restricted-imports': patterns({ regex: '^(@mesh/|kafkajs)', message: 'The checker shares no code with the mesh.' }) }
  },
  { files: ['schemas/**/*.ts'], rules: { 'no-restricted-imports': patterns({ regex: '^@mesh/', message: 'schemas imports nothing of the mesh.' }) } },
  { files: ['topics/**/*.ts'], rules: { 'no-restricted-imports': patterns({ regex: '^@mesh/(?!schemas$)', message: 'topics imports schemas only.' }) } },
  { files: ['services/agent-sdk/src/**/*.ts'], rules: { 'no-restricted-imports': patterns({ regex: '^@mesh/(?!(schemas|topics|runtime|signing(/chain)?)$)', message: 'the SDK imports runtime, signing, topics and schemas only.' }) } }
)
