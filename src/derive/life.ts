import type { Family } from "./family.ts";
import type { Image } from "./image.ts";
import type { PendingFork } from "./pending-forks.ts";
import type { Untrusted } from "../model/text.ts";

/** One process from its fork (or from when it was first seen) to its end. A PID that returns is another life. */
export interface Life {
  readonly id: number;
  readonly pid: number;
  /** Its parent at the fork; the parent may be gone, and its PID may be somebody else's. */
  readonly parentId: number;
  readonly parentPid: number;
  /** Null when it began before the window, or unseen. */
  readonly start: number | null;
  /** When it was first heard of. */
  readonly known: number;
  /** The line of a log that tells its fork. */
  line: number | null;
  /** Its program now. Until it executes something that is its parent's. */
  image: Image;
  /** Until decided the family of its parent. */
  family: Family;
  /**
   * A fork is undecided until the child shows what it does: executes something (then its parent spawned it), or
   * forks, ends or just goes on for a while with its parent's program (then it is a replica).
   */
  undecided: boolean;
  /** Whether `family` counts it among its starts and its living. */
  counted: boolean;
  isReplica: boolean;
  /** Whether no other child of its parent came before it. */
  readonly firstborn: boolean;
  /** Forks without another program between it and the first member known. */
  generation: number;
  /** Children of any sort, replicas among them, and the replicas that live. */
  children: number;
  replicas: number;
  livingReplicas: number;
  /** Execs of its own that succeeded, and the programs that it ran by them before the present one; null: none. */
  execs: number;
  passed: Untrusted[] | null;
  /** Its execs that failed since the last that succeeded. */
  failedExecs: number;
  /** Its last fork whose child has not turned up. */
  pending: PendingFork | null;
  /** The child it forked last; null once it has ended itself. */
  lastChild: Life | null;
  /** Its parent was worked out from order and name, because the source does not name it. */
  readonly inferred: boolean;
  /** Turn of the PID counter in which it was last heard of (for sources that do not report ends). */
  turn: number;
}

/** Counts the failed execs of a process for what it is now: the program that it found in the end, or the one it stayed. */
export function settleFailedExecs(life: Life): void {
  if (life.failedExecs === 0) return;
  life.family.failedExecs += life.failedExecs;
  life.failedExecs = 0;
}

/** Counts a successful exec; `image` is what the process ran until then. Of a long line of programs the first few are kept. */
export function noteExec(life: Life, image: Image): void {
  if (life.execs++ === 0 || life.start === null) return;
  life.passed ??= [];
  if (life.passed.length < MAX_PASSED) life.passed.push(image.exe ?? `(${image.comm})`);
}

/** What a member that has ended tells its family about its execs, and about who ended first. */
export function settleEnd(life: Life, parentLives: boolean): void {
  const { family } = life;
  if (life.counted && life.start !== null && !parentLives) family.orphaned++;
  if (life.execs === 0) return;
  family.execsEach.count++;
  family.execsEach.sum += life.execs;
  if (life.passed !== null && life.passed.length > family.passed.length) family.passed = life.passed;
}

const MAX_PASSED = 8;

/** What is known of a life when it begins. */
export type Birth = Pick<
  Life,
  "pid" | "parentId" | "parentPid" | "start" | "known" | "image" | "family" | "firstborn" | "inferred"
>;

/** How many of each are kept; what is absent has the bound of a short run. */
export interface LivesLimits {
  lives?: number;
  families?: number;
  images?: number;
}

export const MAX_LIVES = 262_144;
/** Links of a chain that live at once; a few, unless the host starves. */
export const MAX_MOVED = 256;
/** A fork that will exec does so within a millisecond on a healthy host; 50 ms leaves room for one that starves. */
export const MATURE_NS = 50e6;
/** Children from which on a process that forks copies of itself is noted as who starts them; a link of a chain has one. */
export const COPIER_CHILDREN = 8;

/** A life at its beginning; `id` and `turn` are given by the table of lives. Written out: a spread costs each fork more. */
export function createLife(birth: Birth, id: number, turn: number): Life {
  return {
    id,
    pid: birth.pid,
    parentId: birth.parentId,
    parentPid: birth.parentPid,
    start: birth.start,
    known: birth.known,
    line: null,
    image: birth.image,
    family: birth.family,
    undecided: false,
    counted: false,
    isReplica: false,
    firstborn: birth.firstborn,
    generation: 0,
    children: 0,
    replicas: 0,
    livingReplicas: 0,
    execs: 0,
    passed: null,
    failedExecs: 0,
    pending: null,
    lastChild: null,
    inferred: birth.inferred,
    turn,
  };
}
