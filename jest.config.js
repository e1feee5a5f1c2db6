// The AWS SDK's notice about future Node versions is for us, who pin it; it would drown what the tests say.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

/** Heavy suites start real servers: two workers match the smallest machine we support. */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  maxWorkers: 2,
  testTimeout: 60_000,
};
