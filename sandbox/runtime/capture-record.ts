import { randomUUID } from 'node:crypto';
import type { CaptureSettings } from '../fleet/blueprint';
import type { InvokeRequest } from './request';

export interface Captured {
  readonly request: InvokeRequest;
  readonly input: Buffer;
  readonly output: Buffer;
  readonly outputContentType: string;
}

/** One line of a capture file, in SageMaker's shape. */
export function captureLine(settings: CaptureSettings, captured: Captured, atMs: number): string {
  const { request } = captured;
  const part = (mode: 'INPUT' | 'OUTPUT', data: Buffer, contentType: string | undefined) => ({
    ...(contentType === undefined ? {} : { observedContentType: contentType }),
    mode,
    ...encoded(settings, data, contentType),
  });
  return `${JSON.stringify({
    captureData: {
      ...(settings.capturesInput ? { endpointInput: part('INPUT', captured.input, request.contentType) } : {}),
      ...(settings.capturesOutput
        ? { endpointOutput: part('OUTPUT', captured.output, captured.outputContentType) }
        : {}),
    },
    eventMetadata: {
      eventId: randomUUID(),
      ...(request.customAttributes === undefined ? {} : { customAttributes: [request.customAttributes] }),
      ...(request.inferenceId === undefined ? {} : { inferenceId: request.inferenceId }),
      inferenceTime: `${new Date(atMs).toISOString().slice(0, 19)}Z`,
    },
    eventVersion: '0',
  })}\n`;
}

/** `<prefix>/<endpoint>/<variant>/yyyy/mm/dd/hh/<mm-ss-SSS-uuid>.jsonl`, by the time of the first record in UTC. */
export function captureKey(
  settings: CaptureSettings,
  names: { readonly endpoint: string; readonly variant: string },
  atMs: number
): string {
  const [date = '', time = ''] = new Date(atMs).toISOString().slice(0, -1).split('T');
  const [hour = '', minute = '', seconds = ''] = time.split(':');
  const parts = [
    settings.prefix,
    names.endpoint,
    names.variant,
    ...date.split('-'),
    hour,
    `${minute}-${seconds.replace('.', '-')}-${randomUUID()}.jsonl`,
  ];
  return parts.filter((part) => part !== '').join('/');
}

/** Text only for content types that the configuration lists; everything else is base64, as SageMaker does by default. */
function encoded(
  settings: CaptureSettings,
  data: Buffer,
  contentType: string | undefined
): { readonly data: string; readonly encoding: 'CSV' | 'JSON' | 'BASE64' } {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (settings.csvContentTypes.some((listed) => listed.toLowerCase() === type))
    return { data: data.toString('utf8'), encoding: 'CSV' };
  if (settings.jsonContentTypes.some((listed) => listed.toLowerCase() === type))
    return { data: data.toString('utf8'), encoding: 'JSON' };
  return { data: data.toString('base64'), encoding: 'BASE64' };
}
