import type { Witness } from "../../model/hidden.ts";
import type { Told } from "./living-by-events.ts";

/** What witnesses may use in one round. */
export interface Round {
  /** Names of processes as readdir(3) of /proc gives them to every tool. */
  listed: ReadonlySet<number>;
  /** The procfs of the tool's own, or why there is none. */
  ownProc: { dir: string } | string;
  /** Who should live by the events; null: events number processes otherwise than /proc, or there are none. */
  events: ReadonlyMap<number, Told> | null;
  /** CLOCK_MONOTONIC, ns, after which a witness breaks off: a busy host must not wait. */
  until: number;
}

/** One independent way to learn of processes. */
export interface Asked {
  readonly witness: Witness;
  /** PIDs that it tells of, or why it cannot be asked. Threads may be among them. */
  ask(round: Round): Iterable<number> | string;
}
