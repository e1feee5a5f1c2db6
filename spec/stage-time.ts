import type { Path } from './problem';
import type { Stage } from './types';

/** The longest that a stage can take, and the key that says so, from the stage's own place on. */
export function longestOf(stage: Stage): { readonly ms: number; readonly key: Path } {
  switch (stage.kind) {
    case 'canary':
      return { ms: stage.until.atMostMs, key: ['canary', 'until', 'atMost'] };
    case 'linear':
      return { ms: stage.bakeMs * stage.sharesPct.length + stage.decideWithinMs, key: ['linear', 'decideWithin'] };
    case 'blueGreen':
      return stage.engine === 'weights'
        ? { ms: stage.until.atMostMs, key: ['blueGreen', 'until', 'atMost'] }
        : { ms: stage.maximumMs, key: ['blueGreen', 'maximum'] };
    case 'shadow':
      return { ms: stage.until.atMostMs, key: ['shadow', 'until', 'atMost'] };
    case 'abTest':
      return { ms: stage.atMostMs, key: ['abTest', 'until', 'atMost'] };
    case 'bandit':
      return { ms: stage.atMostMs, key: ['bandit', 'until', 'atMost'] };
    case 'calibrate':
      return { ms: stage.atMostMs, key: ['calibrate', 'atMost'] };
    case 'approval':
      return { ms: stage.withinMs, key: ['approval', 'within'] };
  }
}

/** Whether the candidate answers live requests during the stage. */
export function isLive(stage: Stage): boolean {
  switch (stage.kind) {
    case 'canary':
    case 'linear':
    case 'blueGreen':
    case 'abTest':
    case 'bandit':
      return true;
    case 'shadow':
    case 'calibrate':
    case 'approval':
      return false;
  }
}

/** Whether the stage is live and does not end well before the guards, or the test of its arms, have decided. */
export function decides(stage: Stage): boolean {
  switch (stage.kind) {
    case 'canary':
      return stage.until.kind === 'decided';
    case 'blueGreen':
      return stage.engine === 'guardrails' || stage.until.kind === 'decided';
    case 'linear':
    case 'abTest':
    case 'bandit':
      return true;
    case 'shadow':
    case 'calibrate':
    case 'approval':
      return false;
  }
}
