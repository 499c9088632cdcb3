export { supervisors } from "./registry.ts";
export {
  findJobs,
  readConfiguration,
  MATCH_KINDS,
  runs,
  unitOfCgroup,
  userUnitOfCgroup,
  type Configuration,
  type JobMatch,
  type JobQuestion,
  type JobSearch,
  type MatchKind,
} from "./find.ts";
export { listConfig, newBudget, readConfig } from "./files/read-config.ts";
export { initKind } from "./init-kind.ts";
export { runningInit, withoutIdleInits } from "./running-init.ts";
export {
  LIMIT_CODES,
  limitAllowsRate,
  toRestart,
  type LimitCode,
  type LimitReason,
  type RateVerdict,
} from "./limits.ts";
export {
  jobOwnerMismatch,
  RESOLUTION_CODES,
  resolveCommand,
  type Candidate,
  type Command,
  type OwnerComparison,
  type OwnerLike,
  type Resolution,
  type ResolutionCode,
} from "./commands/shadow.ts";
export type { Ends } from "./ends.ts";
export { NAMES_OF_JOBS } from "./claims.ts";
export { liveFacts, type LiveFacts } from "./systemd/live.ts";
export type { AtWork, Job, JobReading, Problem, Restart, Starter, Supervisor } from "./types.ts";
