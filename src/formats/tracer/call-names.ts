import { fromBytes, type Untrusted } from "../../model/text.ts";
import { ByteInterner } from "../text/byte-interner.ts";

/** What a call does to processes, as far as events go. */
export const CALL = { other: 0, fork: 1, exec: 2, exit: 3, exitGroup: 4, wait: 5, ownNumber: 6, spawn: 7 } as const;

/** Names of system calls and of library functions (ltrace) that matter, of every era and architecture. */
const ACTIONS: Readonly<Record<string, number>> = {
  fork: CALL.fork,
  vfork: CALL.fork,
  clone: CALL.fork,
  clone2: CALL.fork,
  clone3: CALL.fork,
  __clone: CALL.fork,
  __fork: CALL.fork,
  __vfork: CALL.fork,
  __libc_fork: CALL.fork,
  forkpty: CALL.fork,
  // Fork inside the library: what they return is no PID.
  daemon: CALL.spawn,
  popen: CALL.spawn,
  posix_spawn: CALL.spawn,
  posix_spawnp: CALL.spawn,
  system: CALL.spawn,
  wordexp: CALL.spawn,
  execve: CALL.exec,
  execveat: CALL.exec,
  execv: CALL.exec,
  execvp: CALL.exec,
  execvpe: CALL.exec,
  execl: CALL.exec,
  execlp: CALL.exec,
  execle: CALL.exec,
  fexecve: CALL.exec,
  _exit: CALL.exitGroup,
  _Exit: CALL.exitGroup,
  exit_group: CALL.exitGroup,
  exit: CALL.exit,
  wait: CALL.wait,
  wait3: CALL.wait,
  wait4: CALL.wait,
  waitid: CALL.wait,
  waitpid: CALL.wait,
  osf_wait4: CALL.wait,
  set_tid_address: CALL.ownNumber,
  getpid: CALL.ownNumber,
};

/** A name that calls in a log bear. */
export interface CallName {
  /** Small number, the same for the same name in one log; fits 16 bits. */
  id: number;
  name: Untrusted;
  /** One of CALL. */
  action: number;
  /** Lines that begin a call of this name. */
  count: number;
}

const MOST_NAMES = 60_000;

/** The names in one log; each is decoded once. */
export class CallNames {
  readonly all: CallName[] = [];
  readonly #byName = new Map<Untrusted, CallName>();
  readonly #names: ByteInterner<CallName>;

  /** @param prefix taken off names before they are looked up: `SYS_` of ltrace -S */
  constructor(prefix = "") {
    this.#names = new ByteInterner((bytes, from, to) => this.#add(fromBytes(bytes.subarray(from, to)), prefix));
  }

  get(bytes: Uint8Array, from: number, to: number): CallName {
    return this.#names.get(bytes, from, to);
  }

  nameOf = (id: number): Untrusted => this.all[id]?.name ?? "";

  /** Lines that begin a call of one of these actions. */
  countOf(...actions: number[]): number {
    return this.all.reduce((sum, { action, count }) => sum + (actions.includes(action) ? count : 0), 0);
  }

  #add(name: Untrusted, prefix: string): CallName {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const bare = prefix !== "" && name.startsWith(prefix) ? name.slice(prefix.length) : name;
    const full = this.all.length >= MOST_NAMES;
    const entry: CallName = {
      id: full ? MOST_NAMES - 1 : this.all.length,
      name,
      action: Object.hasOwn(ACTIONS, bare) ? (ACTIONS[bare] as number) : CALL.other,
      count: 0,
    };
    if (!full) {
      this.all.push(entry);
      this.#byName.set(name, entry);
    }
    return entry;
  }
}
