import type { Untrusted } from "../model/text.ts";
import { isInstall } from "./installs.ts";
import type { Origin, OriginEvent } from "./result.ts";
import type { KeptQuestion } from "./types.ts";

/** A record of the call that made a file is of the same second as its birth; without a birth the inode's change is close. */
const AT_ONCE_MS = 5_000;

type Verdict = Origin["verdict"];

/**
 * How the file most likely came here. Claimed only where a record says so: that its package was unpacked when it was born,
 * that a process made it, or that a command named it then. A session that was open then is no evidence.
 */
export function verdictOf(question: KeptQuestion, events: readonly OriginEvent[]): Verdict {
  const { file, path, identity, moments } = question;
  if (file === null) return verdict("no-file", "origin.no-file", { path });
  const arrival = moments.arrival;
  const near = (event: OriginEvent, within: number): boolean =>
    event.time !== null && arrival !== null && distance(event, arrival.ms) <= within;
  const owner = identity?.owner ?? null;
  const genuine = identity?.verdict === "genuine";
  const unpacked = events.filter((event) => isInstall(event) && near(event, moments.around));
  if (owner !== null && genuine) {
    const args = { path, package: owner.package, version: owner.version };
    // Without a record of it, what it is made of still tells where it is from.
    return unpacked.length > 0
      ? verdict("arrived-by", "origin.by-package", args, "high", unpacked)
      : verdict("arrived-by", "origin.by-package-unlogged", args, "medium");
  }
  const made = events.filter((event) => event.code === "origin.audit-created" && near(event, AT_ONCE_MS));
  const maker = made.at(-1);
  if (maker !== undefined) {
    const { exe, pid, user, command } = maker.args;
    return verdict("arrived-by", "origin.by-process", { path, exe, pid, user, command }, "high", made);
  }
  const typed = events
    .filter(({ code, relation }) => relation === "file" && COMMANDS.has(code))
    .filter((event) => near(event, moments.around));
  const [command] = typed;
  if (command !== undefined) {
    const { user, command: line } = command.args;
    const confidence = command.code === "origin.sudo" ? "medium" : "low";
    return verdict("arrived-by", "origin.by-command", { path, user, command: line }, confidence, typed);
  }
  const [first] = unpacked;
  if (owner !== null && first !== undefined && identity?.verdict === "unverifiable")
    return verdict(
      "arrived-by",
      "origin.by-package",
      { path, package: owner.package, version: owner.version },
      "medium",
      unpacked,
    );
  return notKnown(path);
}

/** The verdict about a file of which nothing is known. */
export function notKnown(path: Untrusted): Verdict {
  return verdict("not-known", "origin.not-known", { path });
}

const COMMANDS = new Set(["origin.sudo", "origin.command-typed"]);

function distance({ time, until }: OriginEvent, ms: number): number {
  const from = Date.parse(time ?? "");
  const to = until === null ? from : Date.parse(until);
  return ms >= from && ms <= to ? 0 : Math.min(Math.abs(from - ms), Math.abs(to - ms));
}

function verdict(
  outcome: Verdict["outcome"],
  code: string,
  args: Record<string, unknown>,
  confidence: Verdict["confidence"] = null,
  events: readonly OriginEvent[] = [],
): Verdict {
  const evidence = events.flatMap((event) => (event.evidence === null ? [] : [event.evidence])).slice(0, 5);
  return { outcome, code, args, confidence, evidence };
}
