import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultSite } from '../faults/rule';
import type { VariantBlueprint } from './blueprint';
import type { ContainerReply } from './client';
import { NoReply } from './client';
import type { Container, ContainerFaults } from './container';
import type { FleetContext } from './context';
import { FleetFailure, pingFailure } from './failure';

/** Where rules find the containers of a variant. */
export function servingSite(endpointName: string, variant: string): FaultSite {
  return { service: 'runtime', operation: 'InvokeEndpoint', resource: endpointName, variant };
}

/** What rules do to one container of a variant. */
export function containerFaults(
  context: FleetContext,
  of: { readonly endpointName: string; readonly variant: VariantBlueprint; readonly hostname: string }
): ContainerFaults {
  const { faults } = context;
  const site = servingSite(of.endpointName, of.variant.name);
  return {
    crashesAtStart: () => faults.strike(['crash'], site, ({ at }) => at === 'start') !== undefined,
    failsPing: () => faults.strike(['failPing'], site) !== undefined,
    startDelay: (life) => {
      const byMs = faults.strike(['slowStart'], site)?.fault.byProviderMs;
      if (byMs === undefined) return undefined;
      const windowMs = of.variant.startupTimeoutSeconds * 1000;
      if (byMs < windowMs) return context.wait(byMs, life);
      return context.wait(windowMs, life).then(() => {
        throw pingFailure(of.hostname, of.variant.name);
      });
    },
  };
}

/** Makes a download as slow as a rule says. Rejects with FleetFailure when it is slower than the variant allows. */
export async function slowDownload(
  context: FleetContext,
  endpointName: string,
  variant: VariantBlueprint
): Promise<void> {
  const byMs = context.faults.strike(['slowDownload'], servingSite(endpointName, variant.name))?.fault.byProviderMs;
  if (byMs === undefined) return;
  const { downloadTimeoutSeconds: seconds } = variant;
  const isTooSlow = seconds !== undefined && byMs >= seconds * 1000;
  await context.wait(isTooSlow ? seconds * 1000 : byMs);
  if (isTooSlow) throw downloadTimeout(variant.name, seconds);
}

/** Inferred text: AWS names the limit, not the sentence. */
export function downloadTimeout(variant: string, seconds: number): FleetFailure {
  return new FleetFailure(
    `Failed to download model data for production variant ${variant} within the ModelDataDownloadTimeoutInSeconds of ${seconds} seconds.`
  );
}

/** What a rule makes of an invocation: a reply in place of the container's, or nothing after what it did to it. */
export async function strikeInvocation(
  context: FleetContext,
  site: FaultSite,
  container: Container
): Promise<ContainerReply | undefined> {
  const slow = context.faults.strike(['slowInvocation'], site);
  if (slow)
    await sleep(slow.fault.byMs, undefined, { signal: container.stopping }).catch((cause: unknown) => {
      throw new NoReply('broken', cause);
    });
  if (context.faults.strike(['crash'], site, ({ at }) => at === 'invocation')) {
    container.crash();
    throw new NoReply('broken');
  }
  const bad = context.faults.strike(['badInvocation'], site);
  if (!bad) return undefined;
  const { status, body = '', contentType = 'text/plain' } = bad.fault;
  return { status, headers: { 'content-type': contentType }, body: Buffer.from(body) };
}
