import { constants } from "node:os";

const SIGNALS = new Map<string, number>(Object.entries(constants.signals).map(([name, number]) => [name, number]));

/** Number of a signal by its name (`SIGSEGV`, `SIGRT_3`, `SIGRTMIN+3`) or number; null when it is none. */
export function signalNumber(name: string): number | null {
  const known = SIGNALS.get(name);
  if (known !== undefined) return known;
  // strace counts real-time signals from the kernel's first, 32.
  const realTime = /^SIGRT(?:_|MIN\+?)(\d*)$/.exec(name);
  if (realTime !== null) return 32 + Number(realTime[1] || 0);
  return /^\d{1,2}$/.test(name) ? Number(name) : null;
}

/** How a child ended. `how`: CLD_EXITED 1, CLD_KILLED 2, CLD_DUMPED 3. */
export interface Ended {
  how: number;
  code: number | null;
  signal: number | null;
}

/** The status a wait call stored: `[{WIFEXITED(s) && WEXITSTATUS(s) == 3}]`, `[{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL}]`, or a number. */
export function waitStatus(args: string): Ended | null {
  const exited = /WEXITSTATUS\(s\) == (\d+)/.exec(args);
  if (exited !== null) return { how: 1, code: Number(exited[1]) & 0xff, signal: null };
  const killed = /WTERMSIG\(s\) == (\w+)/.exec(args);
  if (killed !== null)
    return { how: args.includes("WCOREDUMP(s)") ? 3 : 2, code: null, signal: signalNumber(killed[1] as string) };
  const raw = /\[(0x[0-9a-f]+|\d+)\]/.exec(args);
  if (raw === null) return null;
  const status = Number(raw[1]);
  const signal = status & 0x7f;
  if (signal === 0x7f) return null;
  if (signal === 0) return { how: 1, code: (status >> 8) & 0xff, signal: null };
  return { how: (status & 0x80) === 0 ? 2 : 3, code: null, signal };
}

/** What a SIGCHLD tells. `pid` 0: not which child. */
export interface ChildSignal extends Ended {
  pid: number;
  /** The child's name (-Y), "" without. */
  comm: string;
}

const CODES: Readonly<Record<string, number>> = { CLD_EXITED: 1, CLD_KILLED: 2, CLD_DUMPED: 3 };

/** The siginfo of a SIGCHLD (or of waitid), decoded or raw (-X raw, strace 4.7 and newer); null when no child ended. */
export function childSignal(words: string): ChildSignal | null {
  const code = /si_code=(\w+)/.exec(words)?.[1];
  const how = code === undefined ? undefined : (CODES[code] ?? Number(code));
  if (how !== 1 && how !== 2 && how !== 3) return null;
  const pid = /si_pid=(\d+)(?:<((?:[^<>]|\\7[46])*)>)?/.exec(words);
  const status = /si_status=(\w+)/.exec(words)?.[1] ?? "";
  const number = signalNumber(status);
  return {
    pid: Number(pid?.[1] ?? 0),
    comm: pid?.[2] ?? "",
    how,
    code: how === 1 && /^\d+$/.test(status) ? Number(status) & 0xff : null,
    signal: how === 1 ? null : number,
  };
}
