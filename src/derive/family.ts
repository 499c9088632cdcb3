import { Distribution } from "./distribution.ts";
import type { Image } from "./image.ts";
import { TopCounts } from "./top-counts.ts";
import type { Untrusted } from "../model/text.ts";

/** Who forked or reaped: enough to name it after it is gone. */
export interface Actor {
  /** Identity of the life, so that a returning PID is not taken for the same process. */
  life: number;
  pid: number;
  image: Image;
}

/** One way that processes ended: exit status or signal, both null when the source does not tell. */
export interface Ending {
  code: number | null;
  signal: number | null;
}

/**
 * Everything known about the processes that run one program and were started by one other program: counted
 * summaries of the dead, in memory that does not grow with their number.
 *
 * A process that executes a program belongs to (program of its parent → its program). A process that goes on with
 * its parent's program (a fork without exec, or an exec of the same file) is a *replica* and belongs to its parent's
 * family, one generation deeper.
 */
export interface Family {
  readonly image: Image;
  readonly spawnerImage: Image | null;
  /** The program that the spawner's children really run, when one of them was met at another place than the spawner's. */
  elsewhere: Image | null;
  /** Processes forked and then executed by the spawner's program. */
  spawned: number;
  /** Processes that a member forked and that went on with the same program. */
  replicas: number;
  /** Of the replicas, those whose parent was worked out from order and name, because the source does not name it. */
  inferred: number;
  /** Of the replicas, those that executed the same file again. */
  reExecs: number;
  /** Members that forked at least one replica. */
  replicators: number;
  /** Replicators that ended while at least one of their replicas lived. */
  endedBeforeReplica: number;
  /** Replicators whose end was seen. */
  replicatorsEnded: number;
  /** Consecutive generations seen, from the first member known. */
  depth: number;
  alive: number;
  peakAlive: number;
  firstStart: number | null;
  lastStart: number | null;
  lastEnd: number | null;
  /** From fork to end. */
  lifetime: Distribution;
  /** From start to next start. */
  interval: Distribution;
  /** From an end to the next start, while no other member was alive. */
  gap: Distribution;
  /** Starts that came while no other member was alive. */
  startsWhenAlone: number;
  endings: Map<string, Ending & { count: number }>;
  /** The entry of `endings` counted last: most members end in the same way. */
  lastEnding: (Ending & { count: number }) | null;
  ended: number;
  /** Members started in the window whose parent had ended before them. */
  orphaned: number;
  /** Of members that ended: how many executed something themselves, and how many programs they ran in all, one after another. */
  execsEach: { count: number; sum: number };
  /** Programs that a member ran before it ran this one, by the first that did so: wrappers that end in exec. */
  passed: readonly Untrusted[];
  spawners: TopCounts<number, Actor>;
  /** Members that fork one replica after the other, by how many: who starts them where nothing is executed. */
  copiers: TopCounts<number, Actor>;
  reapers: TopCounts<number, { pid: number; comm: Untrusted }>;
  threads: number;
  /** Threads of members that ended, without the first thread of each process. */
  threadsEnded: number;
  /** Time of the first and the last thread that a member made, and who made them. */
  firstThread: number | null;
  lastThread: number | null;
  threadMakers: TopCounts<number, Actor>;
  /** Children of members that executed another program. */
  otherExecs: number;
  /** Execs that failed before one succeeded, or the process ended: those of a PATH search, for the most part. */
  failedExecs: number;
  /** What members called in their lives, the commonest sequences; null where no source records calls. */
  sequences: TopCounts<readonly Untrusted[], readonly Untrusted[]> | null;
  /** The log that tells it, where several are read; else null. */
  file: Untrusted | null;
  /** Lines of a log that tell the first and the last start. */
  firstLine: number | null;
  lastLine: number | null;
  /** Forks of members that failed. */
  failedForks: number;
  /** Execs that made a process a member: those whose arguments are known, by their arguments, and the others. */
  commands: TopCounts<string, Command> | null;
  commandsUnknown: number;
}

/** One way that a program is executed. */
export interface Command {
  argv: readonly Untrusted[];
  /** The arguments are not all here, or not all whole. */
  cut: boolean;
}

export function createFamily(image: Image, spawnerImage: Image | null): Family {
  return {
    image,
    spawnerImage,
    elsewhere: null,
    spawned: 0,
    replicas: 0,
    inferred: 0,
    reExecs: 0,
    replicators: 0,
    endedBeforeReplica: 0,
    replicatorsEnded: 0,
    depth: 1,
    alive: 0,
    peakAlive: 0,
    firstStart: null,
    lastStart: null,
    lastEnd: null,
    lifetime: new Distribution(),
    interval: new Distribution(),
    gap: new Distribution(),
    startsWhenAlone: 0,
    endings: new Map(),
    lastEnding: null,
    ended: 0,
    orphaned: 0,
    execsEach: { count: 0, sum: 0 },
    passed: [],
    spawners: new TopCounts(16),
    copiers: new TopCounts(8),
    reapers: new TopCounts(8),
    threads: 0,
    threadsEnded: 0,
    firstThread: null,
    lastThread: null,
    threadMakers: new TopCounts(8),
    otherExecs: 0,
    failedExecs: 0,
    sequences: null,
    file: null,
    firstLine: null,
    lastLine: null,
    failedForks: 0,
    commands: null,
    commandsUnknown: 0,
  };
}

/** Processes of the family that were started within the window. */
export function starts(family: Family): number {
  return family.spawned + family.replicas;
}

/** Notes a start at `ts`. Starts are noted in the order in which they are understood, which may differ a little from time order. */
export function noteStart(family: Family, ts: number): void {
  if (family.alive === 0 && (family.lastEnd === null || ts >= family.lastEnd)) {
    family.startsWhenAlone++;
    if (family.lastEnd !== null) family.gap.add(ts - family.lastEnd);
  }
  if (family.lastStart !== null && ts >= family.lastStart) family.interval.add(ts - family.lastStart);
  family.firstStart ??= ts;
  family.lastStart = family.lastStart === null ? ts : Math.max(family.lastStart, ts);
  family.alive++;
  if (family.alive > family.peakAlive) family.peakAlive = family.alive;
}

/** Notes an end at `ts` of a member that started at `start` (null: before the window, or unknown); code and signal as `Ending`. */
export function noteEnd(
  family: Family,
  ts: number,
  start: number | null,
  code: number | null,
  signal: number | null,
): void {
  family.alive--;
  family.ended++;
  family.lastEnd = ts;
  if (start !== null) family.lifetime.add(ts - start);
  const last = family.lastEnding;
  if (last !== null && last.code === code && last.signal === signal) {
    last.count++;
    return;
  }
  const key = `${code}/${signal}`;
  let known = family.endings.get(key);
  if (known === undefined) {
    if (family.endings.size >= MAX_ENDINGS) return;
    family.endings.set(key, (known = { code, signal, count: 0 }));
  }
  known.count++;
  family.lastEnding = known;
}

const MAX_ENDINGS = 512;
const MAX_SEQUENCES = 32;

/** Notes what a member called in its life. */
export function noteCalls(family: Family, calls: readonly Untrusted[]): void {
  (family.sequences ??= new TopCounts(MAX_SEQUENCES)).add(calls, calls);
}

/** Notes at `ts` a thread that a member made. */
export function noteThread(family: Family, ts: number, maker: Actor): void {
  family.threads++;
  family.firstThread ??= ts;
  family.lastThread = ts;
  family.threadMakers.add(maker.life, maker);
}

/** Notes the line that tells a start. */
export function noteLine(family: Family, line: number): void {
  family.firstLine ??= line;
  family.lastLine = line;
}

const MAX_COMMANDS = 32;
/** Arguments beyond this many characters in all are not kept. */
const LONGEST_COMMAND = 2048;

/** Notes with which arguments (null: unknown) a process executed the family's program. */
export function noteCommand(family: Family, argv: readonly Untrusted[] | null, cut: boolean): void {
  if (argv === null) {
    family.commandsUnknown++;
    return;
  }
  let room = LONGEST_COMMAND;
  const fitting = argv.filter((word) => (room -= word.length + 1) >= 0);
  family.commands ??= new TopCounts(MAX_COMMANDS);
  family.commands.add(fitting.join("\0"), { argv: fitting, cut: cut || fitting.length < argv.length });
}

/** Adds all that `from` counted to `into`: two families that turn out to be one program under two names. */
export function mergeFamily(into: Family, from: Family): void {
  into.spawned += from.spawned;
  into.replicas += from.replicas;
  into.inferred += from.inferred;
  into.reExecs += from.reExecs;
  into.replicators += from.replicators;
  into.endedBeforeReplica += from.endedBeforeReplica;
  into.replicatorsEnded += from.replicatorsEnded;
  into.depth = Math.max(into.depth, from.depth);
  into.alive += from.alive;
  into.peakAlive = Math.max(into.peakAlive, from.peakAlive);
  into.firstStart = least(into.firstStart, from.firstStart);
  into.lastStart = most(into.lastStart, from.lastStart);
  into.lastEnd = most(into.lastEnd, from.lastEnd);
  into.lifetime.merge(from.lifetime);
  into.interval.merge(from.interval);
  into.gap.merge(from.gap);
  into.startsWhenAlone += from.startsWhenAlone;
  into.ended += from.ended;
  into.orphaned += from.orphaned;
  into.execsEach.count += from.execsEach.count;
  into.execsEach.sum += from.execsEach.sum;
  if (into.passed.length < from.passed.length) into.passed = from.passed;
  for (const [key, ending] of from.endings) {
    const known = into.endings.get(key);
    if (known !== undefined) known.count += ending.count;
    else into.endings.set(key, { ...ending });
  }
  into.spawners.merge(from.spawners);
  into.copiers.merge(from.copiers);
  into.reapers.merge(from.reapers);
  into.threads += from.threads;
  into.threadsEnded += from.threadsEnded;
  into.firstThread = least(into.firstThread, from.firstThread);
  into.lastThread = most(into.lastThread, from.lastThread);
  into.threadMakers.merge(from.threadMakers);
  into.otherExecs += from.otherExecs;
  into.failedExecs += from.failedExecs;
  if (from.sequences !== null) (into.sequences ??= new TopCounts(MAX_SEQUENCES)).merge(from.sequences);
  into.file ??= from.file;
  into.firstLine = least(into.firstLine, from.firstLine);
  into.lastLine = most(into.lastLine, from.lastLine);
  into.failedForks += from.failedForks;
  into.commandsUnknown += from.commandsUnknown;
  if (from.commands !== null) {
    into.commands ??= new TopCounts(MAX_COMMANDS);
    into.commands.merge(from.commands);
  }
}

function least(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}

function most(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b);
}
