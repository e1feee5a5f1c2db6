import { Context } from '@temporalio/activity';
import type { AwsClients } from '../../sagemaker/clients';
import { beating } from '../beating';
import { translated } from '../failures';
import { postAlert } from './alert';
import { judgeWindow } from './judge-window';
import type { JudgeDeps } from './judge-window';
import { lookAround } from './look-around';
import { publishMetrics } from './metrics';
import { askForModel, trainModel } from './retrain';
import type { MonitorRunActivities, RetrainingActivities } from './run-types';

/** The side of a monitor's run, and of a retraining, that needs no Temporal. */
export function createMonitorRunActivities(outside: {
  readonly aws: AwsClients;
  readonly now: () => number;
  readonly engines: JudgeDeps['engines'];
}): Pick<MonitorRunActivities, 'lookAround' | 'judgeWindow' | 'postAlert'> & RetrainingActivities {
  const { aws, now, engines } = outside;
  const heartbeat = (details?: unknown): void => Context.current().heartbeat(details);
  const sleep = (ms: number): Promise<void> => Context.current().sleep(ms);
  return {
    lookAround: (input) =>
      translated(`look for late objects of ${input.request.monitor.name}`, () =>
        beating(() => lookAround({ s3: aws.s3, heartbeat }, input))
      ),
    judgeWindow: (run) =>
      translated(`judge by ${run.request.monitor.name}`, () =>
        beating(() =>
          judgeWindow(
            {
              aws,
              now,
              engines,
              publish: (one, outcome) =>
                one.request.monitor.publishesMetrics
                  ? publishMetrics(aws, one, { outcome, nowMs: now() })
                  : Promise.resolve(),
            },
            run
          )
        )
      ),
    postAlert: (input) => translated('post an alert', () => postAlert(input)),
    askForModel: (request) => translated('ask for a model', () => askForModel(request)),
    trainModel: (request) => translated('train a model', () => trainModel({ aws, heartbeat, sleep }, request)),
  };
}
