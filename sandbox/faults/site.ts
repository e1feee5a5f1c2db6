import type { ServiceKey } from '../http/router';
import type { Exchange } from '../http/service';
import { addressOf } from '../s3/wire/address';
import { findOperation } from '../s3/wire/route';
import type { FaultService, FaultSite } from './rule';

/** The services by the names that rules give them. */
export const SERVICES: Readonly<Record<Exclude<ServiceKey, 'control'>, FaultService>> = {
  sagemaker: 'sagemaker',
  runtime: 'runtime',
  s3: 's3',
  cloudWatch: 'cloudwatch',
  autoScaling: 'autoscaling',
  sts: 'sts',
};

/** Bodies of requests are read within the limits of the services that read them again. */
const JSON_LIMIT_BYTES = 4 * 1024 * 1024;
const FORM_LIMIT_BYTES = 1024 * 1024;

/** Members that name what a call is about; the first that is there counts. */
const NAMES = [
  // The job's own name before the model's that it names.
  ...['TransformJobName', 'ProcessingJobName', 'TrainingJobName', 'MonitoringScheduleName', 'JobDefinitionName'],
  ...['EndpointName', 'EndpointConfigName', 'ModelName', 'ResourceArn', 'ResourceId', 'ResourceARN'],
  ...['ModelPackageName', 'ModelPackageArn', 'ModelPackageGroupName', 'Name'],
] as const;

const RUNTIME_OPERATIONS: Readonly<Record<string, string>> = {
  invocations: 'InvokeEndpoint',
  'async-invocations': 'InvokeEndpointAsync',
  'invocations-response-stream': 'InvokeEndpointWithResponseStream',
};

/** What a call is about, read as its service will read it. What cannot be read is left to the service to refuse. */
export async function siteOf(key: ServiceKey, exchange: Exchange): Promise<FaultSite> {
  switch (key) {
    case 'runtime': {
      const [, , name = '', verb = ''] = exchange.path.split('/');
      const variant = exchange.headers['x-amzn-sagemaker-target-variant'];
      const site = { service: 'runtime', operation: RUNTIME_OPERATIONS[verb] ?? verb, resource: name } as const;
      return variant === undefined ? site : { ...site, variant };
    }
    case 's3':
      return s3Site(exchange);
    case 'control':
      return { service: 'sagemaker', operation: '', resource: '' };
    default: {
      const service = SERVICES[key];
      const target = exchange.headers['x-amz-target'];
      if (target !== undefined) {
        const operation = target.slice(target.lastIndexOf('.') + 1);
        return { service, operation, resource: await resourceOf(exchange) };
      }
      if (exchange.headers['smithy-protocol'] !== undefined)
        return { service, operation: exchange.path.slice(exchange.path.lastIndexOf('/') + 1), resource: '' };
      return { service, operation: await actionOf(exchange), resource: '' };
    }
  }
}

function s3Site(exchange: Exchange): FaultSite {
  const { method, query, headers } = exchange;
  try {
    const { bucket, key } = addressOf(exchange.rawPath, headers['host'] ?? '');
    const operation = findOperation({ method, query, headers, bucket, key })?.name ?? '';
    return { service: 's3', operation, resource: [bucket, key].filter((part) => part !== undefined).join('/') };
  } catch {
    return { service: 's3', operation: '', resource: '' };
  }
}

async function resourceOf(exchange: Exchange): Promise<string> {
  try {
    const body: unknown = JSON.parse((await exchange.body(JSON_LIMIT_BYTES)).toString('utf8'));
    if (typeof body !== 'object' || body === null) return '';
    const members = new Map<string, unknown>(Object.entries(body));
    const name = NAMES.map((member) => members.get(member)).find((value) => typeof value === 'string');
    return typeof name === 'string' ? name : '';
  } catch {
    return '';
  }
}

async function actionOf(exchange: Exchange): Promise<string> {
  if (exchange.method === 'GET') return exchange.query.get('Action') ?? '';
  const body = await exchange.body(FORM_LIMIT_BYTES).catch(() => Buffer.alloc(0));
  return new URLSearchParams(body.toString('utf8')).get('Action') ?? '';
}
