const { default: Sequencer } = require('@jest/test-sequencer');
const { sep } = require('node:path');

/** Whole runs wait for minutes of real time: begun last, they would keep one worker busy while the other has nothing left to do. */
module.exports = class WholeRunsFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    const isWhole = ({ path }) => path.includes(`${sep}test${sep}whole${sep}`);
    return [...sorted.filter(isWhole), ...sorted.filter((test) => !isWhole(test))];
  }
};
