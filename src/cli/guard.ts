import { spawn, type ChildProcess } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { JournalError } from "../journal/errors.ts";
import { Journal } from "../journal/journal.ts";
import { raisePriority } from "../platform/priority.ts";
import { isAlive, ownLife, type Life } from "../platform/process-identity.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { ALL_STEPS } from "./step-kinds.ts";

/** A host under a storm takes its time to start a process, ms. */
const READY_MS = 30_000;
/** How long the guard waits for the lock of the tool that has died, ms. */
const LOCK_MS = 10_000;
const READY = "ready\n";

/** A process that takes back what a run has done, should this one die or the deadline pass. */
export interface Guard {
  /** The run has ended in order: nothing is left to guard. */
  dismiss(): void;
}

/** A guard that does not know yet what it guards. */
export interface WaitingGuard {
  /** Resolves when it is on guard, rejects with `Failure` when it is not to be had. */
  watch(id: string, deadlineSeconds: number): Promise<Guard>;
  /** It is not needed after all. */
  dismiss(): void;
}

/**
 * Starts it in a session of its own, so that no signal to ours reaches it. It holds one end of a pipe: however this
 * process ends, the kernel closes the other. What it guards is told through the pipe, so it can be started early: a host
 * under a storm takes a second for it.
 */
export function waitingGuard(): WaitingGuard {
  const { pid, startTicks } = ownLife();
  const args = [process.argv[1] ?? "", "guard", String(pid), startTicks];
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
  });
  const ready = isReady(child);
  const dismiss = (): void => {
    child.stdin?.end();
    child.stdout?.destroy();
    child.unref();
  };
  return {
    async watch(id, deadlineSeconds) {
      if (!(await ready) || child.exitCode !== null || child.signalCode !== null) {
        child.kill("SIGKILL");
        throw new Failure("the guard process did not start, and without it nothing is changed", null, EXIT.internal);
      }
      // In the pipe it is told, whatever happens to this process from here on.
      child.stdin?.write(`${id} ${Math.ceil(deadlineSeconds)}\n`);
      child.unref();
      return { dismiss };
    },
    dismiss,
  };
}

/** The same at once. */
export function startGuard(id: string, deadlineSeconds: number): Promise<Guard> {
  return waitingGuard().watch(id, deadlineSeconds);
}

function isReady(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), READY_MS);
    const settle = (ready: boolean): void => {
      clearTimeout(timer);
      resolve(ready);
    };
    child.once("error", () => settle(false));
    child.once("exit", () => settle(false));
    child.stdin?.on("error", () => undefined);
    child.stdout?.on("data", (bytes: Buffer) => {
      if (bytes.toString().includes(READY)) settle(true);
    });
  });
}

/**
 * `whoforks guard`: not for people. Is told through its standard input which run it guards, `ID SECONDS`, waits for the end
 * of that pipe or the deadline, then undoes what is left of the run.
 */
export async function guardCommand(owner: Life): Promise<ExitCode> {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE"] as const) process.on(signal, () => undefined);
  raisePriority();
  const journal = new Journal(ALL_STEPS);
  process.stdout.on("error", () => undefined);
  process.stdout.write(READY);
  const told = await firstLine();
  if (told === null) return EXIT.nothingWrong;
  const [id = "", deadlineSeconds = ""] = told.split(" ");
  const died = await pipeEnds(Number(deadlineSeconds) * 1000);
  if (isOver(journal, id)) return EXIT.nothingWrong;
  // It hangs, or somebody has stopped it: it would hold the lock for ever.
  if (!died && isAlive(owner)) process.kill(owner.pid, "SIGKILL");
  for (const end = performance.now() + LOCK_MS; ; await delay(20)) {
    try {
      const run = journal.resume(id);
      try {
        if (run.state.end !== null) return EXIT.nothingWrong;
        return (await run.undoAll()).length === 0 ? EXIT.nothingWrong : EXIT.notUndone;
      } finally {
        run.close();
      }
    } catch (error) {
      const locked = error instanceof JournalError && error.problem === "locked";
      if (!locked || performance.now() > end) return EXIT.notUndone;
    }
  }
}

function isOver(journal: Journal, id: string): boolean {
  const run = journal.runs().runs.find(({ head }) => head.id === id);
  return run !== undefined && run.end !== null;
}

/** Null: the pipe ended before there was one. */
function firstLine(): Promise<string | null> {
  return new Promise((resolve) => {
    let text = "";
    const settle = (line: string | null): void => {
      process.stdin.pause();
      for (const event of ["data", "end", "error"]) process.stdin.removeAllListeners(event);
      resolve(line);
    };
    process.stdin.on("data", (bytes: Buffer) => {
      text += bytes.toString("latin1");
      if (text.includes("\n")) settle(text.slice(0, text.indexOf("\n")));
    });
    process.stdin.on("end", () => settle(null));
    process.stdin.on("error", () => settle(null));
  });
}

/** True: the pipe ended; false: the deadline came first. */
function pipeEnds(ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    // A longer one would be taken for none.
    const timer = setTimeout(() => resolve(false), Math.min(ms, 2 ** 31 - 1));
    const ended = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    process.stdin.on("end", ended);
    process.stdin.on("error", ended);
    process.stdin.resume();
  });
}
