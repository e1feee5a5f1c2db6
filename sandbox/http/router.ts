import type { HttpExchange } from './exchange';
import type { Service } from './service';

/** The services behind the port; a missing one is refused by name. */
export interface ServiceTable {
  readonly control: Service;
  readonly sagemaker: Service;
  readonly runtime: Service;
  readonly s3?: Service;
  readonly cloudWatch?: Service;
  readonly sts?: Service;
  readonly autoScaling?: Service;
}

export type ServiceKey = keyof ServiceTable;

const TARGETS: readonly (readonly [string, ServiceKey])[] = [
  ['SageMaker.', 'sagemaker'],
  ['GraniteServiceVersion20100801.', 'cloudWatch'],
  ['AnyScaleFrontendService.', 'autoScaling'],
];

const SIGNING_NAMES: Readonly<Record<string, ServiceKey>> = {
  sts: 'sts',
  monitoring: 'cloudWatch',
  'application-autoscaling': 'autoScaling',
};

const INVOCATION_PATH = /^\/endpoints\/[^/]*\/(invocations|async-invocations|invocations-response-stream)$/;

/** Query-protocol bodies are small forms; the router may have to look into an unsigned one. */
const FORM_LIMIT_BYTES = 1024 * 1024;

/**
 * Tells the services apart as AWS's own clients address them, cheapest sign first. `undefined` means an awsJson target that belongs
 * to no service here.
 */
export async function route(exchange: HttpExchange): Promise<ServiceKey | undefined> {
  if (exchange.rawPath.startsWith('/_sandbox/')) return 'control';
  const target = exchange.headers['x-amz-target'];
  if (target !== undefined) return TARGETS.find(([prefix]) => target.startsWith(prefix))?.[1];
  if (exchange.headers['smithy-protocol'] !== undefined)
    return exchange.rawPath.startsWith('/service/GraniteServiceVersion20100801/') ? 'cloudWatch' : undefined;
  // A bucket may be called `endpoints`: a request signed for S3 is S3's whatever its path.
  if (exchange.signingName !== 's3' && INVOCATION_PATH.test(exchange.rawPath)) return 'runtime';
  if (
    exchange.method === 'POST' &&
    (exchange.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')
  )
    return formService(exchange);
  return 's3';
}

async function formService(exchange: HttpExchange): Promise<ServiceKey> {
  const signed = SIGNING_NAMES[exchange.signingName];
  if (signed) return signed;
  if (exchange.signingName === 's3') return 's3';
  const body = await exchange.body(FORM_LIMIT_BYTES).catch(() => Buffer.alloc(0));
  return /(^|&)Action=(GetCallerIdentity|AssumeRole|GetSessionToken)/.test(body.toString('utf8'))
    ? 'sts'
    : 'cloudWatch';
}
