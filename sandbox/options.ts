import type { FaultRule } from './faults/rule';
import type { Alarms } from './cloudwatch';
import type { EngineImage, ImageMap } from './fleet/images';
import type { Service } from './http/service';
import type { Credentials } from './signatures/verify';
import type { MetricSink } from './ports';
import type { Knobs } from './knobs/knobs';
import type { AlarmState } from './sagemaker/context';

/** Services that stand beside SageMaker on the port, in place of the sandbox's own. */
export interface PeerServices {
  readonly cloudWatch?: {
    readonly service: Service;
    readonly sink: MetricSink;
    /** `undefined` for an alarm that does not exist; without this, deployments cannot name alarms. */
    readonly alarmState?: (name: string) => AlarmState | undefined;
    /** Auto scaling is driven by alarms; without this there is none. */
    readonly alarms?: Alarms;
    close(): Promise<void>;
  };
  readonly sts?: Service;
}

/** How a sandbox is started. Everything has a default; without `dataDir` the state lives in a temporary folder that `stop` removes. */
export interface SandboxOptions {
  /** 0, the default, takes a free port. */
  readonly port?: number;
  readonly dataDir?: string;
  /** How many times faster than real time provider delays and bakes pass. Timestamps are never scaled. */
  readonly speed?: number;
  /** Makes routing, sampling and faults reproducible. */
  readonly seed?: number;
  readonly images?: ImageMap;
  /** Runs images that `images` does not know with Docker or Podman; without it they are missing. */
  readonly engine?: EngineImage['engine'];
  /** Rules in force from the start. */
  readonly faults?: readonly FaultRule[];
  /**
   * Refuses calls whose signature (version 4) is not right: of the credentials in `env`, or of these. Without it any signature will do.
   */
  readonly verifySignatures?: boolean | { readonly credentials: readonly Credentials[] };
  readonly region?: string;
  readonly accountId?: string;
  /** Behaviour that AWS does not document: `docs/sandbox.md` lists it. */
  readonly knobs?: Partial<Knobs>;
  readonly services?: PeerServices;
  /** Answers 500 when an answer breaks the official model; for tests of the sandbox itself. */
  readonly checkOutputs?: boolean;
  /** Told of failures inside the sandbox that no caller sees. */
  readonly onInternalError?: (error: unknown, where: string) => void;
}

/** A provider minute passes in a second: an endpoint is there in about three. */
export const DEFAULT_SPEED = 60;

export { BadOptions } from './bad-options';
