const MOST = 1 << 16;
const FIRST_SLOTS = 1 << 10;

/**
 * What the log has told so far about each PID of one host, so that only news become events. At most 65,536 PIDs: then all are
 * forgotten and told again when they come up. Columns are read and written at the slot that `find` or `add` gives.
 */
export class KnownProcesses {
  #slots = FIRST_SLOTS;
  #count = 0;
  #keys = new Int32Array(FIRST_SLOTS);
  ppid = new Int32Array(FIRST_SLOTS);
  /** Task.id, 0 when the process has ended. */
  task = new Int32Array(FIRST_SLOTS);
  /** AuditArch.id of its last call, 0 when not told since its exec. */
  arch = new Int32Array(FIRST_SLOTS);
  /** Threads it has made and that have not ended. */
  threads = new Int32Array(FIRST_SLOTS);
  /** Children told by its forks, less children that came up by themselves. */
  unseenChildren = new Int32Array(FIRST_SLOTS);
  /** Time in ms of the end already told: an exit's as a negative number, a signal's as a positive one; else 0. */
  ended = new Float64Array(FIRST_SLOTS);

  /** The slot of a PID, or -1. */
  find(pid: number): number {
    const mask = this.#slots - 1;
    let slot = (Math.imul(pid, 0x9e3779b1) >>> 8) & mask;
    for (;;) {
      const key = this.#keys[slot];
      if (key === pid + 1) return slot;
      if (key === 0) return -1;
      slot = (slot + 1) & mask;
    }
  }

  /** Makes room for a PID that `find` does not know. Slots found before are stale afterwards. */
  add(pid: number): number {
    if (this.#count >= MOST) this.#resize(FIRST_SLOTS, false);
    else if (this.#count * 2 >= this.#slots) this.#resize(this.#slots * 2, true);
    this.#count++;
    return this.#place(pid);
  }

  #place(pid: number): number {
    const mask = this.#slots - 1;
    let slot = (Math.imul(pid, 0x9e3779b1) >>> 8) & mask;
    while (this.#keys[slot] !== 0) slot = (slot + 1) & mask;
    this.#keys[slot] = pid + 1;
    return slot;
  }

  #resize(slots: number, keep: boolean): void {
    const { ppid, task, arch, threads, unseenChildren, ended } = this;
    const keys = this.#keys;
    this.#slots = slots;
    this.#keys = new Int32Array(slots);
    this.ppid = new Int32Array(slots);
    this.task = new Int32Array(slots);
    this.arch = new Int32Array(slots);
    this.threads = new Int32Array(slots);
    this.unseenChildren = new Int32Array(slots);
    this.ended = new Float64Array(slots);
    if (!keep) this.#count = 0;
    else
      for (let old = 0; old < keys.length; old++) {
        if (keys[old] === 0) continue;
        const slot = this.#place((keys[old] as number) - 1);
        this.ppid[slot] = ppid[old] as number;
        this.task[slot] = task[old] as number;
        this.arch[slot] = arch[old] as number;
        this.threads[slot] = threads[old] as number;
        this.unseenChildren[slot] = unseenChildren[old] as number;
        this.ended[slot] = ended[old] as number;
      }
  }
}
