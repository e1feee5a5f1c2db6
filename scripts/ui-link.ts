import type { Environment } from '../worker/config';

/** The page of a workflow in the Temporal UI, where its address is known: told by `SLUICE_UI_URL`, Temporal Cloud, or the dev server on this machine. */
export function uiLink(input: {
  readonly env: Environment;
  readonly address: string;
  readonly namespace: string;
  readonly workflowId: string;
}): string | null {
  const base = input.env.SLUICE_UI_URL || wellKnown(input.address);
  if (base === null) return null;
  const page = `namespaces/${encodeURIComponent(input.namespace)}/workflows/${encodeURIComponent(input.workflowId)}`;
  return `${base.replace(/\/+$/, '')}/${page}`;
}

function wellKnown(address: string): string | null {
  const host = address.replace(/:\d+$/, '');
  if (['localhost', '127.0.0.1', '[::1]'].includes(host)) return 'http://localhost:8233';
  return /\.(tmprl\.cloud|api\.temporal\.io)$/.test(host) ? 'https://cloud.temporal.io' : null;
}
