import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { initKind, INITS } from "./init-kind.ts";
import type { Configuration } from "./find.ts";

/**
 * Which init runs in a root: one of `initKind`, or `other` for a program that is certainly none of them (a container's own
 * program, tini, a shell). Null: not known.
 * @param exe what PID 1 of that root runs, as /proc/1/exe has it; null: nothing runs there, so that the program that would
 *   be booted answers
 */
export function runningInit(root: Root, exe: Untrusted | null): string | null {
  if (exe === null) return initKind(root, "/sbin/init");
  const kind = initKind(root, exe);
  if (kind !== null) return kind;
  const name = exe.replace(/ \(deleted\)$/, "").replace(/^.*\//, "");
  return /^(?:init|upstart|busybox|systemd)\b/.test(name) ? null : "other";
}

/**
 * The same configuration, in which jobs of an init that does not run are marked: their files may be there (Debian's packages
 * ship a unit and an init script side by side), but nobody reads them.
 * @param init as `runningInit` says; null: every init may be the one
 */
export function withoutIdleInits(configuration: Configuration, init: string | null): Configuration {
  if (init === null) return configuration;
  const isIdle = (supervisor: string): boolean => INITS.has(supervisor) && supervisor !== init;
  return {
    ...configuration,
    jobs: configuration.jobs.map((one) =>
      isIdle(one.job.supervisor) ? { ...one, job: { ...one.job, inactive: one.job.inactive ?? "not-running" } } : one,
    ),
  };
}
