import { main } from '../../scripts/main';

// `bin/sluice.js` from the sources: for tests that need the command line as a process of its own.
void main(process.argv);
