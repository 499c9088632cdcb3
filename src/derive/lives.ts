import { scriptArgument } from "../model/script.ts";
import type { ChildSignalEvent, ExecEvent, ExitEvent, ForkEvent, ImageEvent, SeenEvent } from "../model/events.ts";
import { noteCalls, noteCommand, noteEnd, noteLine, noteStart, noteThread } from "./family.ts";
import { Families } from "./families.ts";
import { JustEnded } from "./just-ended.ts";
import { Images, isWordSize, noteCgroup, type Image, type Place } from "./image.ts";
import {
  createLife,
  COPIER_CHILDREN,
  MATURE_NS,
  MAX_LIVES,
  noteExec,
  settleEnd,
  settleFailedExecs,
  type Birth,
  type Life,
  type LivesLimits,
} from "./life.ts";
import { metAt } from "./met-at.ts";
import { PendingForks } from "./pending-forks.ts";

/**
 * The table of living processes. Follows forks, execs and ends in time order, gives each life an identity of its own,
 * and folds the dead into the counts of their family. Holds the living only, and a bounded number of them.
 */
export class Lives {
  readonly images: Images;
  readonly families: Families;
  readonly #maxLives: number;
  readonly #living = new Map<number, Life>();
  /** Families of the last processes that ended: their SIGCHLD comes after their end. */
  readonly #justEnded = new JustEnded();
  readonly #pending = new PendingForks();
  readonly #threads = new Map<number, number>();
  #maturing: Life[] = [];
  #maturingHead = 0;
  #nextId = 1;
  #lastNewPid = 0;
  #turn = 0;
  /** Ends that the source reported; without any, processes are taken for ended when the PID counter comes round. */
  #ends = 0;
  /** Whether it reported any fork; without, a process begins with its first exec. */
  #forksTold = false;

  /** `limits` replaces the bounds, for a run that goes on for days and forgets what is idle. */
  constructor(limits: LivesLimits = {}) {
    this.#maxLives = limits.lives ?? MAX_LIVES;
    this.images = new Images(limits.images);
    this.families = new Families(this.images.other, limits.families);
  }

  onFork(event: ForkEvent): void {
    this.#mature(event.ts);
    if (event.thread) {
      const leader = this.#threads.get(event.pid) ?? event.pid;
      if (event.child !== null && this.#threads.size < this.#maxLives) this.#threads.set(event.child, leader);
      const maker = this.#ensure(leader, event.comm, event.ts);
      noteThread(maker.family, event.ts, { life: maker.id, pid: maker.pid, image: maker.image });
      return;
    }
    this.#forksTold = true;
    const parent = this.#ensure(this.#threads.get(event.pid) ?? event.pid, event.comm, event.ts);
    this.#decide(parent);
    if (event.child === null) this.#pending.add(event.ts, parent, event.childClaim);
    else this.#fork(parent, event.child, event.ts, event.ts, event.inferred === true).line = event.line ?? null;
  }

  onExec(event: ExecEvent): void {
    this.#mature(event.ts);
    const known = this.#living.get(event.pid);
    const life = known === undefined || this.#isOver(known, event) ? this.#execsUnseen(event) : known;
    if (event.error !== 0) {
      life.failedExecs++;
      return;
    }
    const image = this.#executed(life, event);
    noteExec(life, life.image);
    if (event.comm !== "") image.comm = event.comm;
    if (event.argv !== null && image.argvExamples.length < 3) image.argvExamples.push(event.argv);
    this.#becomes(life, image);
    settleFailedExecs(life);
    noteCommand(life.family, event.argv, event.argvCut === true);
  }

  onForkFailed(pid: number, comm: string, ts: number): void {
    this.#ensure(this.#threads.get(pid) ?? pid, comm, ts).family.failedForks++;
  }

  onExit(event: ExitEvent): void {
    this.#mature(event.ts);
    if (event.thread) {
      const leader = this.#threads.get(event.pid);
      this.#threads.delete(event.pid);
      const process = leader === undefined ? undefined : this.#living.get(leader);
      if (process !== undefined) process.family.threadsEnded++;
      return;
    }
    this.#ends++;
    const life = this.#ensure(event.pid, event.comm, event.ts);
    if (event.calls !== undefined) {
      this.#decide(life);
      noteCalls(life.family, event.calls);
    }
    this.#end(life, event.ts, event.code, event.signal);
  }

  onChildSignal(event: ChildSignalEvent): void {
    const family = this.#living.get(event.pid)?.family ?? this.#justEnded.get(event.pid);
    family?.reapers.add(event.reaper, { pid: event.reaper, comm: event.reaperComm });
  }

  onSeen(event: SeenEvent): void {
    this.#mature(event.ts);
    let life = this.#living.get(event.pid);
    if (life !== undefined && this.#isAnother(life, event)) {
      this.#forget(life);
      life = undefined;
    }
    const place = this.images.place(event);
    life ??= this.#turnsUp(event.pid, event.ppid, event.exe, event.comm, event.ts, place);
    if (place !== this.images.nowhere && life.image.place === place) life.image.met = true;
    life.turn = this.#turn;
    if (event.exe !== null && life.image.exe !== event.exe) this.#named(life, event.exe, event.comm);
    if (event.abi !== null && (life.image.abi === null || isWordSize(life.image.abi))) life.image.abi = event.abi;
    for (const thread of event.threads ?? []) this.#threads.set(thread, event.pid);
    if (event.ppid !== null && (life.isReplica || life.undecided) && event.ppid !== life.parentPid)
      this.#adopted(life, event.ppid);
  }

  onImage(event: ImageEvent): void {
    const life = this.#living.get(event.pid);
    if (life === undefined) return;
    const place = this.images.place(event);
    if (place !== this.images.nowhere) metAt(life, place, event, this);
    // That one child of a spawner runs this says nothing of the others that nobody saw.
    if (life.image.unseenChildOf !== null)
      this.#becomes(life, this.images.byExe(event.exe, event.comm, life.image.place));
    else if (life.image.exe === null) this.images.name(life.image, event.exe);
    // Of a child that is looked at just before the event of its exec comes, that is not its parent's program.
    else if (life.image.exe !== event.exe && life.execs > 0) life.image.runs = event.exe;
    if (event.cgroup) noteCgroup(life.image, event.cgroup);
    if (event.bits !== null) life.image.abi ??= { machine: `${event.bits}-bit`, bits: event.bits };
  }

  /** End of the stream at `ts`: what has lived on with its parent's program for a while is a replica. */
  finish(ts: number): void {
    this.#mature(ts);
  }

  /** All that live, in the order of their PIDs' first use. */
  living(): Iterable<Life> {
    return this.#living.values();
  }

  /** The life of a PID, made from what is known where it began unseen. */
  #ensure(pid: number, comm: string, ts: number): Life {
    return this.#living.get(pid) ?? this.#turnsUp(pid, null, null, comm, ts);
  }

  /** A process that nobody saw being forked: the child of a fork that waits for one, or one from before the window. */
  #turnsUp(
    pid: number,
    ppid: number | null,
    exe: string | null,
    comm: string,
    ts: number,
    at: Place = this.images.nowhere,
  ): Life {
    this.#turnsAt(pid);
    return this.#appears(pid, ppid, exe, comm, ts, at);
  }

  /** New processes have ever higher numbers, until the counter comes round. */
  #turnsAt(pid: number): void {
    if (pid < this.#lastNewPid / 2) this.#turn++;
    this.#lastNewPid = pid;
  }

  #appears(pid: number, ppid: number | null, exe: string | null, comm: string, ts: number, at: Place): Life {
    const parent = ppid === null ? undefined : this.#living.get(ppid);
    const place = at === this.images.nowhere && parent !== undefined ? parent.image.place : at;
    const image = this.#imageAtBirth(exe, comm, place);
    const match = this.#pending.match(pid, parent, image);
    if (match !== null) return this.#fork(match.fork.parent, pid, match.fork.ts, ts, !match.certain);
    const family = this.families.of(parent?.image ?? null, image);
    const from = { parentId: parent?.id ?? 0, parentPid: ppid ?? 0, start: null };
    return this.#born({ pid, ...from, known: ts, image, family, firstborn: false, inferred: false });
  }

  #imageAtBirth(exe: string | null, comm: string, place: Place): Image {
    if (exe !== null) return this.images.byExe(exe, comm, place);
    return place === this.images.nowhere ? this.images.ofLine(comm) : this.images.byComm(comm, place);
  }

  /**
   * A process unknown so far executes something. Where its parent is told, the exec stands for its birth: a log may
   * record execs and no forks.
   */
  #execsUnseen(event: ExecEvent): Life {
    const { pid, ppid, comm, ts } = event;
    const life = this.#turnsUp(pid, ppid, null, comm, ts);
    if (life.undecided || ppid === null || ppid === 0) return life;
    // A parent is older than its child: its number says nothing of the counter.
    const parent = this.#living.get(ppid) ?? this.#appears(ppid, null, null, "", ts, this.images.nowhere);
    this.#living.delete(pid);
    return this.#fork(parent, pid, ts, ts, false);
  }

  #fork(parent: Life, pid: number, start: number, now: number, inferred: boolean): Life {
    const left = this.#living.get(pid);
    if (left !== undefined) this.#forget(left);
    const { id: parentId, pid: parentPid, image, family } = parent;
    const firstborn = parent.children === 0;
    const life = this.#born({ pid, parentId, parentPid, start, known: now, image, family, firstborn, inferred });
    parent.children++;
    parent.lastChild = life;
    life.generation = parent.generation + 1;
    life.undecided = true;
    if (now >= start) this.#maturing.push(life);
    return life;
  }

  #born(birth: Birth): Life {
    if (this.#living.size >= this.#maxLives) this.#forget(this.#living.values().next().value as Life);
    const life = createLife(birth, this.#nextId++, this.#turn);
    this.#living.set(life.pid, life);
    return life;
  }

  /** Forks that have neither executed nor ended after a while go on with their parent's program. */
  #mature(ts: number): void {
    while (this.#maturingHead < this.#maturing.length) {
      const life = this.#maturing[this.#maturingHead] as Life;
      if (life.undecided && ts - (life.start as number) < MATURE_NS) break;
      this.#decide(life);
      this.#maturingHead++;
    }
    if (this.#maturingHead > 1024) {
      this.#maturing = this.#maturing.slice(this.#maturingHead);
      this.#maturingHead = 0;
    }
  }

  /** An undecided fork goes on with its parent's program: it is a replica. */
  #decide(life: Life): void {
    if (!life.undecided) return;
    life.undecided = false;
    this.#countReplica(life);
  }

  #countReplica(life: Life): void {
    const family = life.family;
    life.isReplica = true;
    family.replicas++;
    if (life.inferred) family.inferred++;
    if (life.generation + 1 > family.depth) family.depth = life.generation + 1;
    const parent = this.#living.get(life.parentPid);
    if (parent?.id === life.parentId) {
      if (parent.replicas++ === 0) family.replicators++;
      parent.livingReplicas++;
      if (parent.children >= COPIER_CHILDREN)
        family.copiers.add(parent.id, { life: parent.id, pid: parent.pid, image: parent.image });
    } else if (life.firstborn) {
      family.replicators++;
      family.replicatorsEnded++;
      family.endedBeforeReplica++;
    }
    this.#count(life);
  }

  #count(life: Life): void {
    life.counted = true;
    noteStart(life.family, life.start as number);
    if (life.line !== null) noteLine(life.family, life.line);
  }

  /** The process runs another program from now on. */
  #becomes(life: Life, program: Image): void {
    let image = program;
    const before = life.image;
    const forked = life.undecided;
    life.undecided = false;
    if (
      image === before ||
      (image.exe !== null && image.exe === before.exe && image.script === before.script && image.place === before.place)
    ) {
      if (forked) {
        life.family.reExecs++;
        this.#countReplica(life);
      }
      return;
    }
    const spawner = forked || life.isReplica ? before : life.family.spawnerImage;
    if (forked) life.family.otherExecs++;
    else this.#leave(life);
    const starter = life.start === null ? before : spawner;
    let family = this.families.of(starter, image);
    if (family.elsewhere !== null) {
      image = family.elsewhere;
      family = this.families.of(starter, image);
    }
    life.image = image;
    life.generation = 0;
    life.isReplica = false;
    life.family = family;
    if (life.start === null) return;
    life.family.spawners.add(life.parentId, { life: life.parentId, pid: life.parentPid, image: spawner ?? before });
    life.family.spawned++;
    this.#count(life);
  }

  /** A process counted under one program goes on as another: it was one process, so the first count is taken back. */
  #leave(life: Life): void {
    if (!life.counted) return;
    life.family.alive--;
    if (life.isReplica) {
      life.family.replicas--;
      const parent = this.#living.get(life.parentPid);
      if (parent?.id === life.parentId) {
        parent.livingReplicas--;
        if (--parent.replicas === 0) life.family.replicators--;
      }
    } else life.family.spawned--;
    life.counted = false;
  }

  /** What it executes: by the task name where that is all the source tells, and unseen where it tells nothing. */
  #executed(life: Life, { exe, comm, argv }: ExecEvent): Image {
    if (exe !== "" && exe === life.image.exe) return this.#again(life.image, exe, comm, argv);
    if (exe !== "") return this.images.byExe(exe, comm, life.image.place);
    if (comm !== "") return this.images.byComm(comm, life.image.place);
    const ownProgram = !life.undecided && !life.isReplica;
    return this.images.unseen((ownProgram ? life.family.spawnerImage : null) ?? life.image);
  }

  /** A record names a file that differs from what was known: the name was missing, or the exec went unrecorded. */
  #named(life: Life, exe: string, comm: string): void {
    if (life.image.exe === null && life.image.unseenChildOf === null && life.image.comm === comm)
      this.images.name(life.image, exe);
    else this.#becomes(life, this.images.byExe(exe, comm, life.image.place));
  }

  /** An interpreter that executes itself with another script is another program; nobody knows that without its arguments. */
  #again(image: Image, exe: string, comm: string, argv: readonly string[] | null): Image {
    return argv === null ? image : this.images.byExe(exe, comm, image.place, scriptArgument(exe, argv));
  }

  #adopted(life: Life, reaper: number): void {
    life.family.reapers.add(reaper, { pid: reaper, comm: this.#living.get(reaper)?.image.comm ?? "" });
  }

  #end(life: Life, ts: number, code: number | null, signal: number | null): void {
    this.#decide(life);
    // Or a long line of the dead would hang on whoever forked the first of them.
    life.lastChild = null;
    this.#living.delete(life.pid);
    settleFailedExecs(life);
    this.#justEnded.add(life.pid, life.family);
    const family = life.family;
    const parent = this.#living.get(life.parentPid);
    const parentLives = parent?.id === life.parentId;
    if (life.isReplica && parentLives) parent.livingReplicas--;
    if (life.replicas > 0) {
      family.replicatorsEnded++;
      if (life.livingReplicas > 0) family.endedBeforeReplica++;
    }
    settleEnd(life, parentLives);
    if (!life.counted) family.alive++;
    noteEnd(family, ts, life.start, code, signal);
  }

  /** Where nothing but execs is told: the counter has come round since, so that another process bears the number now. */
  #isOver(life: Life, { pid, ppid, error }: ExecEvent): boolean {
    if (this.#forksTold || this.#ends > 0 || ppid === null || error !== 0) return false;
    this.#turnsAt(pid);
    if (life.turn === this.#turn) return false;
    this.#forget(life);
    return true;
  }

  /** Its end was never reported (the PID returned, or the table is full). */
  #forget(life: Life): void {
    this.#decide(life);
    life.lastChild = null;
    this.#living.delete(life.pid);
    if (life.counted) life.family.alive--;
  }

  /** Whether the PID now belongs to another process than the one known, whose end was not reported. */
  #isAnother(life: Life, event: SeenEvent): boolean {
    if (this.#pending.claimedSince(life.pid, life.known)) return true;
    // Another program under another parent is no exec that went unrecorded: an exec keeps the parent.
    const { exe, ppid } = event;
    const elsewhere = ppid !== null && ppid !== life.parentPid && ppid !== 1;
    if (elsewhere && exe !== null && life.image.exe !== null && exe !== life.image.exe) return true;
    return this.#ends === 0 && life.turn < this.#turn && life.isReplica;
  }
}
