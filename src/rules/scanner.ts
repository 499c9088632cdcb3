import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { BrokenRules, RuleAnswer, RuleFile, RuleMatch, RuleTask } from "./messages.ts";

/** Why there is no answer: the library cannot be had, it crashed, it took too long, or it said so itself. */
export type NoAnswer =
  | { failed: "unavailable"; why: string }
  | { failed: "crashed"; signal: string }
  | { failed: "timed-out"; ms: number }
  | { failed: "refused"; why: string };

export interface ScannerLimits {
  /** For the rules, and for each content. */
  compileMs: number;
  scanMs: number;
  /** Processes that may be lost before no more is started. */
  losses: number;
}

const LIMITS: ScannerLimits = { compileMs: 120_000, scanMs: 20_000, losses: 4 };

/** Beside the bundle. */
const PROGRAM = new URL("./rule-scanner.js", import.meta.url);

/**
 * Looks for rules in contents, in a process of its own: the library is native code that reads hostile bytes, and cannot be
 * stopped. A process that is lost is replaced, a few times.
 */
export class RuleScanner {
  readonly #files: RuleFile[];
  readonly #limits: ScannerLimits;
  readonly #program: URL;
  #child: ChildProcess | null = null;
  #lost = 0;

  constructor(files: RuleFile[], { limits, program }: { limits?: Partial<ScannerLimits>; program?: URL } = {}) {
    this.#files = files;
    this.#limits = { ...LIMITS, ...limits };
    this.#program = program ?? PROGRAM;
  }

  /** Number of the process, for who watches it; null: none runs. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Whether no more is asked, because too many processes were lost. */
  get givenUp(): boolean {
    return this.#lost >= this.#limits.losses;
  }

  /** Loads the library and compiles the rules. */
  async start(): Promise<{ compiled: number; broken: BrokenRules[] } | NoAnswer> {
    this.#child = fork(fileURLToPath(this.#program), [], {
      // Of the environment nothing: it could tell Node to load something.
      env: {},
      execArgv: [],
      serialization: "advanced",
      // A rule may print.
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    // One that comes between two tasks is told by the next.
    this.#child.on("error", () => undefined);
    const answer = await this.#ask({ files: this.#files }, this.#limits.compileMs);
    if ("unavailable" in answer) return { failed: "unavailable", why: answer.unavailable };
    if ("matches" in answer) return { failed: "refused", why: "" };
    return answer;
  }

  /** The rules that an open file matches. @param path as rules may ask for it */
  async scan(fd: number, path: string): Promise<RuleMatch[] | NoAnswer> {
    if (this.#child === null) {
      const started = await this.start();
      if ("failed" in started) return started;
    }
    const answer = await this.#ask({ link: `/proc/${process.pid}/fd/${fd}`, path }, this.#limits.scanMs);
    if ("failed" in answer) return answer;
    if (!("matches" in answer)) return { failed: "refused", why: "" };
    return answer.error === null ? answer.matches : { failed: "refused", why: answer.error };
  }

  /** Ends the process, whatever it does. */
  close(): void {
    this.#child?.kill("SIGKILL");
    this.#child = null;
  }

  /** One task and its answer. A process that gives none is ended. */
  async #ask(task: RuleTask, ms: number): Promise<RuleAnswer | NoAnswer> {
    const child = this.#child;
    if (child === null) return { failed: "crashed", signal: "" };
    const answer = await answerOf(child, task, ms);
    if ("failed" in answer) {
      this.#lost++;
      this.close();
    }
    return answer;
  }
}

function answerOf(child: ChildProcess, task: RuleTask, ms: number): Promise<RuleAnswer | NoAnswer> {
  return new Promise((resolve) => {
    const settle = (answer: RuleAnswer | NoAnswer): void => {
      clearTimeout(timer);
      child.off("message", settle).off("exit", ended).off("error", failed);
      resolve(answer);
    };
    const ended = (code: number | null, signal: string | null): void => {
      settle({ failed: "crashed", signal: signal ?? `exit ${code}` });
    };
    const failed = (error: Error): void => settle({ failed: "crashed", signal: error.message });
    const timer = setTimeout(() => settle({ failed: "timed-out", ms }), ms);
    child.on("message", settle).on("exit", ended).on("error", failed);
    // What cannot be sent because it has ended, `exit` tells.
    child.send(task, () => undefined);
  });
}
