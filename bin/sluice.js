#!/usr/bin/env node
// The AWS SDK's notice about future Node versions is for us, who pin it, not for those who run a command.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
require('../dist/scripts/main.js').main(process.argv);
