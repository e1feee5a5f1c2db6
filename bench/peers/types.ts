import type { Json } from '../../monitors/types';

/** A peer in a virtual environment of its own below `.sluice/peers/`, fetched once from the package registries. */
export interface Peer {
  /** Names the environment: suites with the same peer share it. */
  readonly name: string;
  /** As pip takes them, each with its exact version. */
  readonly packages: readonly string[];
  /** Jars of Maven Central, `group:artifact:version`; the script finds their paths, joined by `,`, in `PEER_JARS`. */
  readonly jars?: readonly string[];
}

export type Answers = Readonly<Record<string, Json>>;

export interface PeerCase {
  readonly name: string;
  /** What the peer's script gets; made from seeds, so that golden files hold answers only. */
  readonly input: Json;
}

/** A quantity on which we differ on purpose: shown in the table, not held to a tolerance. */
export interface Deviation {
  /** Begins with it: a quantity, or `case/quantity`. */
  readonly where: string;
  readonly why: string;
}

/** One comparison. The script reads `[{name, input}]` as JSON from standard input and prints `{[name]: {[quantity]: value}}`. */
export interface PeerSuite {
  /** Also names the golden file, `test/monitors/fixtures/peer-<name>.json`. */
  readonly name: string;
  readonly peer: Peer;
  /** File in `bench/peers/scripts/`. */
  readonly script: string;
  readonly cases: () => readonly PeerCase[];
  readonly ours: (input: Json) => Answers | Promise<Answers>;
  /** Largest allowed |ours − peer| / max(1, |peer|); what is no number must be equal. By quantity where `default` is too strict. */
  readonly tolerance: Readonly<Record<string, number>> & { readonly default: number };
  readonly deviations?: readonly Deviation[];
}

/** What the peer said, as it is kept in the repository. */
export interface Golden {
  readonly peer: { readonly packages: readonly string[]; readonly jars?: readonly string[] };
  readonly answers: Readonly<Record<string, Answers>>;
}
