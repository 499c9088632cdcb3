import type { Restart } from "../supervisors/types.ts";

/** What is known about one job that starts a storm's program, beyond what the result shows. */
export interface RestartFacts {
  restart: Restart;
  /** Whether the job brings the program back at all, or only starts it once. */
  bringsBack: boolean;
  /** Why the limit does or does not allow the rate: a `limit.*` message. */
  limit: { code: string; args: Record<string, unknown> } | null;
  /** The package that ships the job does not ship the program that it starts. */
  ownerMismatch: { jobPackage: string } | null;
}
