import type { Storm } from "../../diagnosis/result.ts";
import { labelled, sentence } from "../layout.ts";
import type { Screen } from "../screen.ts";
import { say } from "../text/catalogue/index.ts";
import { join, line, type Safe } from "../text/sanitise.ts";
import { ellipsis, name, own } from "../text/voice.ts";
import { clauses, tells } from "./clauses.ts";
import { sumClauses } from "./cpu.ts";
import { failuresOf } from "./commands.ts";

/** What it costs: forks a second, CPUs, how many of them the storm burns, and who accounts for the rest. */
export function costSection(screen: Screen, storm: Storm | null): string[] {
  const { voice, diagnosis } = screen;
  const told = clauses(screen, "cost");
  const parts = told.length > 0 ? told : [ratesOf(screen)];
  const sum = sumClauses(screen);
  // The sum tells the storm's share: one of the two numbers is enough here.
  if (storm !== null && storm.cpus !== null && sum.length === 0)
    parts.push(say(voice, "line.storm-cpus", { cpus: storm.cpus }));
  parts.push(...sum);
  // A log without times has no rates, and a table of counts no events.
  return (diagnosis.sources.length === 0 || diagnosis.window.seconds === 0) && told.length === 0
    ? []
    : labelled(screen, say(voice, storm === null ? "label.load" : "label.cost"), [sentence(screen, parts)]);
}

/** Forks, execs and exits a second; only forks where no event was seen, because counters do not tell the others. */
export function ratesOf({ voice, diagnosis }: Screen): Safe {
  const { symptom, host, sources } = diagnosis;
  const seen = sources.some((source) => source.events > 0);
  return say(voice, "line.rates", {
    forks: symptom.forksPerSecond,
    execs: seen ? symptom.execsPerSecond : null,
    exits: seen ? symptom.exitsPerSecond : null,
    busy: symptom.busyCpus,
    cpus: host.cpus,
  });
}

const TELL_THE_END = ["chain.ends", "chain.all-clean", "chain.replicates", "chain.build", "chain.shell"];

/** The chain of processes on one line, then the story of it. */
export function whySection(screen: Screen, storm: Storm): string[] {
  const { voice } = screen;
  // The line of arrows says who started the first one.
  const story = clauses(screen, "why", storm.spawner === null ? [] : ["chain.origin"]);
  if (storm.lifetimeMs !== null && !tells(screen, ["chain.short-lives"])) {
    story.push(say(voice, "line.life", { p50: storm.lifetimeMs.p50, p99: storm.lifetimeMs.p99 }));
  }
  if (storm.exits.length > 0 && !tells(screen, TELL_THE_END)) story.push(endsOf(screen, storm));
  if (storm.repeats !== null && storm.repeats.length > 0)
    story.push(say(voice, "line.repeats", { calls: storm.repeats }));
  story.push(...failuresOf(screen, storm));
  const bodies = [arrows(screen, storm)];
  if (story.length > 0) bodies.push(sentence(screen, story));
  return labelled(screen, say(voice, "label.why"), bodies);
}

/** `exit 1 ×12,360, SIGKILL ×3`: the three commonest ends. */
function endsOf({ voice }: Screen, storm: Storm): Safe {
  const ends = storm.exits.slice(0, 3).map(({ code, signal, count }) => {
    if (signal !== null) return say(voice, "line.signal", { signal, count });
    return code === null ? say(voice, "line.end-unknown", { count }) : say(voice, "line.exit", { code, count });
  });
  return join(ends, voice.language === "zh-CN" ? line`、` : line`, `);
}

/** Who starts whom: `init (pid 1) → /usr/bin/atd → /usr/bin/atd → …  33,618 processes`. */
function arrows(screen: Screen, storm: Storm): Safe {
  const { voice } = screen;
  const arrow = own(voice, line` → `);
  const more = ellipsis(voice);
  const spawner = storm.spawner === null ? say(voice, "line.unseen") : processOf(screen, storm.spawner);
  const total =
    storm.kind === "thread-churn"
      ? say(voice, "line.threads", { threads: storm.processes })
      : say(voice, "line.processes", { processes: storm.processes });
  return line`${join([spawner, ...stationsOf(screen, storm), more], arrow)}  ${total}`;
}

/** The same program again, by its last name only. */
function stationsOf({ voice }: Screen, storm: Storm): Safe[] {
  const file = storm.program.exe ?? `(${storm.program.comm})`;
  const program = name(voice, file);
  const again = name(voice, file.slice(file.lastIndexOf("/") + 1) || file);
  switch (storm.kind) {
    case "self-replicating-chain":
      return [program, program];
    case "fork-bomb":
      return [program, line`2 ${own(voice, line`×`)} ${again}`, line`4 ${own(voice, line`×`)} ${again}`];
    case "respawn-loop":
    case "crash-loop": {
      const end = endOf(storm);
      if (end === null) return [program, again];
      return [say(voice, "line.station", { program: file, end }), again];
    }
    // The process itself stands at the beginning of the line already.
    case "thread-churn":
      return [];
    default:
      return [program];
  }
}

/** `SIGSEGV` or `exit 1`: the commonest end, or null when it is not known. */
function endOf(storm: Storm): string | null {
  const first = storm.exits[0];
  if (first === undefined) return null;
  return first.signal ?? (first.code === null ? null : `exit ${first.code}`);
}

/** `init (pid 812)`; `init (pid 812, 1 in its container)` where it has another number there. */
export function processOf({ voice }: Screen, process: NonNullable<Storm["spawner"]>): Safe {
  const base = process.comm || process.exe?.slice(process.exe.lastIndexOf("/") + 1) || "?";
  const inside = process.namespacePid ?? null;
  if (inside !== null) return say(voice, "line.process-inside", { process: base, pid: process.pid, inside });
  return name(voice, `${base} (pid ${process.pid})`);
}

/** Who is handed the dead. */
export function reaperSection(screen: Screen, storm: Storm | null): string[] {
  const told = clauses(screen, "reaper");
  if (told.length === 0) return [];
  const label = storm?.reaper?.pid === 1 ? line`PID 1` : say(screen.voice, "label.reaper");
  return labelled(screen, label, [sentence(screen, told)]);
}
