import * as cloudWatchApi from '@aws-sdk/client-cloudwatch';
import * as s3Api from '@aws-sdk/client-s3';
import * as stsApi from '@aws-sdk/client-sts';
import { loadModel } from '../../../sandbox/wire/model';
import type { Ask } from './ask';
import { askAwsJson, askQuery, askRuntime, askS3 } from './ask';

/** A service as the table in docs/sandbox.md shows it. */
export interface ServiceOperations {
  readonly title: string;
  /** Every operation that AWS's own model of the service has. */
  readonly names: readonly string[];
  readonly ask: Ask;
}

/** What the sandbox said to an operation: `refused` is a refusal of the operation itself, by its name. */
export interface Answered {
  readonly service: string;
  readonly operation: string;
  readonly standing: 'implemented' | 'refused';
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

export const SERVICES: readonly ServiceOperations[] = [
  { title: 'SageMaker', names: modelled('sagemaker'), ask: askAwsJson('SageMaker', 'sagemaker') },
  { title: 'SageMaker Runtime', names: modelled('sagemaker-runtime'), ask: askRuntime },
  { title: 'S3', names: exported(s3Api), ask: askS3 },
  {
    title: 'CloudWatch',
    names: exported(cloudWatchApi),
    ask: askAwsJson('GraniteServiceVersion20100801', 'monitoring'),
  },
  {
    title: 'Application Auto Scaling',
    names: modelled('application-autoscaling'),
    ask: askAwsJson('AnyScaleFrontendService', 'application-autoscaling'),
  },
  { title: 'STS', names: exported(stsApi), ask: askQuery('2011-06-15', 'sts') },
];

/** Codes with which a service refuses an operation that it knows and does not do. */
const REFUSALS = ['UnknownOperationException', 'NotImplemented', 'InvalidAction'];

/** Calls every operation of every service on a running sandbox, each with an input of no use, and sorts the answers. */
export async function askEverything(url: string): Promise<readonly Answered[]> {
  const all: Answered[] = [];
  for (const { title, names, ask } of SERVICES) {
    for (const operation of names) {
      const { status, code, message } = await ask(url, operation);
      const isRefused = REFUSALS.includes(code) && message.includes(operation);
      all.push({
        service: title,
        operation,
        standing: isRefused ? 'refused' : 'implemented',
        status,
        code,
        message,
      });
    }
  }
  return all;
}

function modelled(service: Parameters<typeof loadModel>[0]): readonly string[] {
  const { operations, otherOperations } = loadModel(service);
  return [...Object.keys(operations), ...otherOperations].sort();
}

/** An operation's schema in the SDK is a tuple that begins with 9 and holds the name third. */
function exported(api: object): readonly string[] {
  const values: readonly unknown[] = Object.values(api);
  return values
    .flatMap((value) => (Array.isArray(value) && value[0] === 9 && typeof value[2] === 'string' ? [value[2]] : []))
    .sort();
}
