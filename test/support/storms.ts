import type { EventSink, ImageEvent, ProcessEvent } from "../../src/model/events.ts";

/** Writes event streams by hand: every helper advances one clock and gives PIDs in order, wrapping as the kernel does. */
export class Stream {
  ts = 0;
  readonly events: ProcessEvent[] = [];
  #pid = 1000;
  readonly #sink: EventSink;
  readonly #pidMax: number;

  constructor(sink?: EventSink, pidMax = 32_768) {
    this.#sink = sink ?? ((event) => void this.events.push(event));
    this.#pidMax = pidMax;
  }

  wait(microseconds: number): this {
    this.ts += microseconds * 1000;
    return this;
  }

  pid(): number {
    if (++this.#pid >= this.#pidMax) this.#pid = 300;
    return this.#pid;
  }

  seen(pid: number, ppid: number | null, exe: string | null, comm = name(exe)): number {
    this.#sink({ type: "seen", ts: this.ts, pid, ppid, comm, exe, abi: null });
    return pid;
  }

  fork(parent: number, comm = ""): number {
    const child = this.pid();
    this.#sink({ type: "fork", ts: this.ts, pid: parent, comm, child, childClaim: null, thread: false });
    return child;
  }

  thread(parent: number): number {
    const child = this.pid();
    this.#sink({ type: "fork", ts: this.ts, pid: parent, comm: "", child, childClaim: null, thread: true });
    return child;
  }

  /** One thread ends, and its process goes on. */
  endThread(pid: number): void {
    this.#sink({ type: "exit", ts: this.ts, pid, comm: "", code: 0, signal: null, thread: true });
  }

  exec(pid: number, exe: string, argv: string[] | null = null): number {
    this.#sink({ type: "exec", ts: this.ts, pid, ppid: null, comm: name(exe), exe, argv, error: 0 });
    return pid;
  }

  image(
    pid: number,
    exe: string,
    place: Pick<Partial<ImageEvent>, "mountNamespace" | "root" | "rootMount"> = {},
  ): void {
    this.#sink({ type: "image", ts: this.ts, pid, comm: name(exe), exe, mountNamespace: null, bits: null, ...place });
  }

  exit(pid: number, code: number | null = 0, signal: number | null = null): number {
    this.#sink({ type: "exit", ts: this.ts, pid, comm: "", code, signal, thread: false });
    return pid;
  }

  childSignal(pid: number, reaper: number, comm: string): void {
    this.#sink({ type: "child-signal", ts: this.ts, pid, reaper, reaperComm: comm, code: 1 });
  }

  /** fork, exec, and an end after `life` microseconds. */
  run(parent: number, exe: string, life: number, code: number | null = 0, signal: number | null = null): void {
    const child = this.fork(parent);
    this.wait(20).exec(child, exe);
    this.wait(life).exit(child, code, signal);
  }

  /** A process that forks, ends, and goes on in its child: `generations` times, one each `step` microseconds. */
  chain(first: number, generations: number, step: number, reaper = 1): number {
    let member = first;
    for (let i = 0; i < generations; i++) {
      const child = this.fork(member);
      this.wait(step / 2).exit(member);
      this.childSignal(member, reaper, "init");
      this.wait(step / 2);
      member = child;
    }
    return member;
  }
}

function name(exe: string | null): string {
  return exe === null ? "" : (exe.split("/").at(-1) ?? "").slice(0, 15);
}
