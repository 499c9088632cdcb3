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

/**
 * Starts it in a session of its own, so that no signal to ours reaches it. It holds one end of a pipe: however this
 * process ends, the kernel closes the other. Resolves when it is on guard, rejects with `Failure` when it is not to be had.
 */
export async function startGuard(id: string, deadlineSeconds: number): Promise<Guard> {
  const { pid, startTicks } = ownLife();
  const args = [process.argv[1] ?? "", "guard", id, String(pid), startTicks, String(Math.ceil(deadlineSeconds))];
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
  });
  if (!(await isReady(child))) {
    child.kill("SIGKILL");
    throw new Failure("the guard process did not start, and without it nothing is changed", null, EXIT.internal);
  }
  child.unref();
  return {
    dismiss() {
      child.stdin?.end();
      child.stdout?.destroy();
    },
  };
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

/** `whoforks guard`: not for people. Waits for the end of its pipe or the deadline, then undoes what is left of the run. */
export async function guardCommand(id: string, owner: Life, deadlineSeconds: number): Promise<ExitCode> {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE"] as const) process.on(signal, () => undefined);
  raisePriority();
  const journal = new Journal(ALL_STEPS);
  process.stdout.on("error", () => undefined);
  process.stdout.write(READY);
  const died = await pipeEnds(deadlineSeconds * 1000);
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
