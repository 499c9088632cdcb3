import type { ForkEvent } from "../../model/events.ts";
import type { Untrusted } from "../../model/text.ts";
import type { CallTrail } from "./call-trail.ts";

/** A call that was interrupted in the log (`<unfinished ...>`): what of it a later line cannot tell again. */
export interface OpenCall {
  /** Its number in the reader's table of names. */
  name: number;
  /** One of CALL. */
  action: number;
  exec: ExecTarget | null;
  /** CLONE_THREAD stood in the first part. */
  thread: boolean;
  /** Line of its first part. */
  line: number;
  /** The task that a system call inside this library call made; 0: none was told. */
  told: number;
}

/** What an exec call executes. */
export interface ExecTarget {
  exe: Untrusted;
  argv: Untrusted[] | null;
}

/** One task that the log speaks of, from its first mention to its end. */
export class Tracee {
  /** Number in the events; 0 while the log has not told it. */
  pid: number;
  /** The process that it is a thread of; null for a process. */
  leader: Tracee | null = null;
  comm: Untrusted;
  /** Its fork, held until it is known who made it. */
  birth: ForkEvent | null = null;
  /** The last task that it made. */
  lastChild: Tracee | null = null;
  /** Living threads that it made. */
  threads = 0;
  open: OpenCall | null = null;
  /** Its end has been told; the tool's last line about it may still come. */
  ended = false;
  /** A line of its own has come. */
  spoke = false;
  /** Its number in the log's lines; not that of its events in a PID namespace of its own. */
  shown: number;
  /** The number that its maker's call returned is below the maker's: it may be one of a PID namespace of their own. */
  otherNumber = false;
  readonly since: number;
  trail: CallTrail = undefined;
  /** Its place among `ForksUnderWay`. */
  isForking = false;
  forkingBefore: Tracee | null = null;
  forkingAfter: Tracee | null = null;

  constructor(pid: number, comm: Untrusted, since: number) {
    this.pid = pid;
    this.shown = pid;
    this.comm = comm;
    this.since = since;
  }

  /** The process: itself, or what it is a thread of. */
  get process(): Tracee {
    return this.leader ?? this;
  }
}
