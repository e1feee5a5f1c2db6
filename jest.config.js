// The AWS SDK's notice about future Node versions is for us, who pin it; it would drown what the tests say.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

/** Heavy suites start real servers: two workers match the smallest machine we support. */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  maxWorkers: 2,
  testSequencer: '<rootDir>/tools/whole-runs-first.cjs',
  // Each file loads all modules anew, and little of it is given back: after some dozens of files a worker would only collect garbage.
  workerIdleMemoryLimit: '1500MB',
  // Ends what hangs, and measures nothing: a busy machine is allowed to be slow, and a first run downloads the servers.
  testTimeout: 300_000,
};
