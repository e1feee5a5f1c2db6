import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { roomBorders } from './tools/eslint/room-borders.mjs';
import { syncValidator } from './tools/eslint/sync-validator.mjs';

/** What of spec/ brings no zod and no YAML with it, so that a workflow can hold it. test/spec/borders.test.ts proves it of each. */
export const LIGHT_SPEC = [
  'types',
  'live',
  'monitor-types',
  'failures',
  'format',
  'duration',
  'share',
  'problem',
  'is-record',
].map((f) => `spec/${f}`);
const AWS = '@aws-sdk/*';
const TEMPORAL = '@temporalio/*';
/** All that the rooms of the program hold, except what runs as a program of its own. */
const PROGRAM = [
  'spec',
  'guards',
  'rollout',
  'batch',
  'monitors',
  'workflows',
  'activities',
  'sagemaker',
  'gateway',
  'report',
];

/**
 * Who may import whom. `rooms`: values and types; `types`: types only; `packages`: of npm and Node (types of packages are free).
 * What is not named is forbidden; a room's own files are always allowed; test/ may import everything, nothing may import test/.
 */
export const ROOMS = {
  spec: { packages: ['zod', 'yaml', 'fastest-levenshtein'] },
  guards: { types: LIGHT_SPEC },
  rollout: { rooms: [...LIGHT_SPEC, 'spec/compat'], types: ['guards'] },
  batch: { rooms: LIGHT_SPEC },
  report: {
    rooms: [...LIGHT_SPEC, 'spec/compat', 'rollout', 'batch', 'guards/proportion'],
    types: ['guards'],
    packages: ['picocolors'],
  },
  monitors: {
    rooms: ['guards', ...LIGHT_SPEC],
    // The SDK for the container alone, which asks an endpoint of its own.
    packages: ['@duckdb/node-api', '@jmespath-community/jmespath', 'ml-matrix', AWS, 'node:*'],
  },
  workflows: {
    rooms: [
      'rollout',
      'batch',
      'guards',
      ...LIGHT_SPEC,
      'report/model',
      'report/markdown',
      'report/owner',
      'report/release',
      'report/retirement',
      'report/batch',
      'report/monitor',
    ],
    types: ['activities', 'report'],
    packages: ['@temporalio/workflow', '@temporalio/common'],
  },
  sagemaker: { rooms: LIGHT_SPEC, packages: [AWS, 'node:*'] },
  gateway: { rooms: ['sagemaker', ...LIGHT_SPEC], packages: [AWS, 'node:*'] },
  activities: {
    // Of the gateway only what says how its files look and which calls are marked, never the client itself.
    rooms: [
      'sagemaker',
      'monitors',
      'guards',
      'rollout',
      'batch',
      'report',
      'spec',
      'gateway/assignment-document',
      'gateway/assignment-format',
      'gateway/counts-format',
      'gateway/event-format',
      'gateway/exposure-format',
      'gateway/field',
      'gateway/latency-buckets',
      'gateway/mirror-format',
      'gateway/probe',
      'gateway/s3-location',
      'gateway/transform',
    ],
    packages: [AWS, '@temporalio/activity', '@temporalio/common', 'jose', 'tar', 'node:*'],
  },
  // A package of its own: everything in it works without the rest.
  sandbox: { rooms: ['monitors'], packages: [AWS, '@smithy/*', 'tar', 'yaml', 'node:*'] },
  // Reaches the sandbox as it reaches AWS: by an address.
  worker: { rooms: PROGRAM, packages: [AWS, TEMPORAL, 'fflate', 'tar', 'zod', 'node:*'] },
  scripts: {
    rooms: [...PROGRAM, 'worker', 'sandbox', 'examples'],
    packages: [AWS, TEMPORAL, 'commander', 'picocolors', 'node:*'],
  },
  // What a user of Sluice could have written: the gateway, and nothing of the machinery; data may come out of a package.
  examples: { rooms: ['gateway', 'spec', 'worker/server/package-files'], packages: ['*'] },
  bench: { rooms: [...PROGRAM, 'worker', 'sandbox', 'examples'], packages: ['*'] },
};

/** Rooms that give the same answer whenever and wherever they run: a workflow holds them, or a plan must predict them. */
const PURE = ['spec', 'guards', 'rollout', 'batch', 'report'].map((room) => `${room}/**/*.ts`);
/** Beginnings of processes: nobody above them could print for them. */
const ENTRIES = [
  'worker/main.ts',
  'monitors/container/main.ts',
  'scripts/sandbox-process.ts',
  'examples/*/traffic.ts',
  'examples/*/prepare.ts',
  'bench/**',
  'test/**',
];
/** The doors by which the environment enters; a container inherits a named few variables of it. */
const READ_ENVIRONMENT = [
  'worker/config*.ts',
  'scripts/environment*.ts',
  'sandbox/fleet/instance.ts',
  'monitors/container/main.ts',
  'bench/**',
  'test/**',
];
/** Inner loops over typed arrays: the loop's own bounds say that the element is there. */
const TYPED_ARRAY_LOOPS = [
  'sandbox/s3/integrity/crc.ts',
  'sandbox/cloudwatch/stats/compute.ts',
  'sandbox/cloudwatch/store/distribution.ts',
];

const plain = [
  { selector: 'ExportDefaultDeclaration', message: 'No default exports: a thing has one name everywhere (STYLE 3).' },
  { selector: 'TSEnumDeclaration', message: 'No enums: a union of string literals is plain JSON (STYLE 4).' },
];
const timeless = [
  {
    selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
    message: 'The time enters as an argument (STYLE 10).',
  },
];
const noEnvironment = [
  {
    object: 'process',
    property: 'env',
    message: 'Read it in worker/config or scripts/environment, and hand it over as a value (STYLE 10).',
  },
];
const noChance = [
  { object: 'Date', property: 'now', message: 'The time enters as an argument (STYLE 10).' },
  { object: 'Math', property: 'random', message: 'Randomness enters as a seed (STYLE 10).' },
];
const AMBIENT = [
  'process',
  'performance',
  'fetch',
  'crypto',
  'Buffer',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'require',
].map((name) => ({
  name,
  message: 'Neither a workflow nor what it holds may reach outside itself (STYLE 10).',
}));
const NODE_GLOBALS = Object.fromEntries(
  [
    'process',
    'console',
    'Buffer',
    'URL',
    'fetch',
    'performance',
    'require',
    'module',
    '__dirname',
    'setTimeout',
    'clearTimeout',
    'setInterval',
    'clearInterval',
  ].map((name) => [name, 'readonly'])
);

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', '.sluice/', 'bench/results/', 'test/histories/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: 'error',
      // Colours and unprintable characters are this program's trade.
      'no-control-regex': 'off',
    },
  },
  { files: ['**/*.{js,cjs,mjs}'], languageOptions: { globals: NODE_GLOBALS } },
  { files: ['**/*.{js,cjs}'], languageOptions: { sourceType: 'commonjs' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { sluice: { rules: { 'room-borders': roomBorders, 'sync-validator': syncValidator } } },
    rules: {
      'sluice/room-borders': ['error', ROOMS],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      // `typeof import('./verbs/x')` is how a module that is loaded late gets its type.
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/consistent-type-exports': 'error',
      // A written `default` is a decision; a forgotten case is not.
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/max-params': ['error', { max: 3 }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { ignoreRestSiblings: true, argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      'max-lines': ['error', 300],
      'no-console': 'error',
      'no-restricted-properties': ['error', ...noEnvironment],
      'no-restricted-syntax': ['error', ...plain],
      // `async` turns what is thrown into a rejection, which every handler table here relies on.
      '@typescript-eslint/require-await': 'off',
      // Objects here are closures or data: their methods have no `this` to lose.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: PURE,
    rules: {
      '@typescript-eslint/no-unsafe-type-assertion': 'error',
      'no-restricted-globals': ['error', ...AMBIENT],
      'no-restricted-properties': ['error', ...noEnvironment, ...noChance],
      'no-restricted-syntax': ['error', ...plain, ...timeless],
    },
  },
  {
    // Here `Date.now()` and `Math.random()` are the workflow's own, the same in every replay.
    files: ['workflows/**/*.ts'],
    rules: { 'sluice/sync-validator': 'error', 'no-restricted-globals': ['error', ...AMBIENT] },
  },
  { files: ENTRIES, rules: { 'no-console': 'off' } },
  { files: READ_ENVIRONMENT, rules: { 'no-restricted-properties': 'off' } },
  { files: TYPED_ARRAY_LOOPS, rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      // One file tells one subject's whole story, and a table's columns are its function's parameters.
      'max-lines': ['error', 500],
      '@typescript-eslint/max-params': 'off',
      // What a test or a benchmark parsed, it wrote or checks itself.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  }
);
