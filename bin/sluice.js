#!/usr/bin/env node
require('../dist/scripts/main.js').main(process.argv);
