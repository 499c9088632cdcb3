import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CallSink } from "../../model/calls.ts";
import { emptyLedger, type SourceLedger } from "../../model/ledger.ts";
import { fromBytes } from "../../model/text.ts";
import { readSmall } from "../procfs/read-small.ts";
import type { CouldNotLook } from "../types.ts";
import { livingProcess } from "./living.ts";
import { withDescendants, type Scope } from "./scope.ts";
import { TracerLines } from "./tracer-lines.ts";

/** Processes that are attached to at once, with those that live already. */
const MOST_PROCESSES = 64;
const MOST_LINES = 500_000;
const LONGEST_LINE = 65_536;
/** Time for a tool to detach before it is asked again. */
const DETACH_MS = 3000;
const SETPRIV = "/usr/bin/setpriv";
const TIMEOUT = "/usr/bin/timeout";

export interface TracerTime {
  seconds: number;
  signal: AbortSignal;
  progress(seconds: number): void;
}

/**
 * Attaches the real strace or ltrace to living processes and what they fork, for a bounded time and number of lines, and
 * detaches. If this process dies meanwhile, the kernel ends the tool (pdeathsig), and timeout(1) does in any case.
 */
export async function runTracer(
  sink: CallSink,
  tool: "strace" | "ltrace",
  scope: Scope,
  time: TracerTime,
): Promise<{ startEpochMs: number; seconds: number; source: SourceLedger } | CouldNotLook> {
  const cannot = (code: string, why: string, remedy: string | null): CouldNotLook => ({
    code: `calls.${code}`,
    what: `calls, by ${tool}`,
    why,
    remedy,
  });
  const path = `/usr/bin/${tool}`;
  if (process.geteuid?.() !== 0) return cannot("no-root", "attaching to processes needs root", "sudo whoforks behave");
  if (!existsSync(path)) return cannot("no-tool", `${path} is not installed`, `apt-get install ${tool}`);
  if (scope.net || scope.seeds.length === 0)
    return cannot(
      "no-living",
      `${tool} attaches to processes that live, and every member of this storm is dead before it could`,
      "whoforks behave --with tracepoints",
    );
  const refusal = scope.seeds.map(refusalOf).find((why) => why !== null);
  if (refusal !== undefined) return cannot("not-to-be-traced", refusal, "whoforks behave --with tracepoints");
  const pids = withDescendants(scope.seeds)
    .filter((pid) => refusalOf(pid) === null)
    .slice(0, MOST_PROCESSES);
  const ledger = emptyLedger(tool, null);
  const lines = new TracerLines(sink, tool === "strace" ? "system" : "library", ledger);
  for (const pid of pids) introduce(pid, sink, lines);
  const run = new TracerRun(path, pids, time.seconds, lines);
  const startEpochMs = Date.now();
  const started = performance.now();
  const gone = (): number => (performance.now() - started) / 1000;
  let seconds = 0;
  try {
    while (!run.ended && !time.signal.aborted && gone() < time.seconds && lines.lines < MOST_LINES) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      run.read();
      time.progress(gone());
    }
    seconds = gone();
  } finally {
    await run.detach();
  }
  ledger.events = lines.calls;
  if (lines.lines >= MOST_LINES) ledger.note = `ended after ${MOST_LINES} lines`;
  if (lines.lines === 0 && run.complaint !== "") return cannot("tracer-failed", run.complaint, null);
  return { startEpochMs, seconds, source: ledger };
}

function introduce(pid: number, sink: CallSink, lines: TracerLines): void {
  const facts = livingProcess(pid);
  if (facts === null) return;
  lines.attached(pid, facts.threads);
  sink.known(pid, facts.exe, facts.comm);
}

/** Why a process must not be stopped even for a moment, or cannot be; null: it may. */
function refusalOf(pid: number): string | null {
  if (pid === 1) return "PID 1 is never attached to: stopping it stops the host";
  for (let up: number | undefined = process.pid; up !== undefined && up > 1; up = livingProcess(up)?.ppid)
    if (up === pid) return `process ${pid} is this program or one that it descends from`;
  const status = readSmall(`/proc/${pid}/status`)?.toString("latin1") ?? "";
  const tracer = Number(/^TracerPid:\s*(\d+)/m.exec(status)?.[1] ?? 0);
  return tracer === 0 ? null : `process ${pid} is traced already, by process ${tracer}`;
}

/** The tool while it is attached. */
class TracerRun {
  ended = false;
  /** What the tool said last on its standard error. */
  complaint = "";
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  readonly #lastResort = (): void => void this.#child.kill("SIGTERM");
  readonly #out: number;
  readonly #cutter: Lines;
  #read = 0;

  constructor(path: string, pids: readonly number[], seconds: number, lines: TracerLines) {
    // Whoever is killed cannot detach; these two see to it that the tool goes all the same.
    const guard = [
      ...(existsSync(SETPRIV) ? [SETPRIV, "--pdeathsig", "TERM"] : []),
      ...(existsSync(TIMEOUT) ? [TIMEOUT, "-s", "INT", String(Math.ceil(seconds) + 5)] : []),
    ];
    const command = [...guard, path, "-f", "-ttt", "-T", "-s", "0", "-o", "/proc/self/fd/3"];
    this.#out = namelessFile();
    const argv = [...command, ...pids.flatMap((pid) => ["-p", String(pid)])];
    this.#child = spawn(argv[0] as string, argv.slice(1), { stdio: ["ignore", "ignore", "pipe", this.#out] });
    process.on("exit", this.#lastResort);
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.complaint = chunk.toString("latin1").trim().split("\n").at(-1)?.slice(0, 200) ?? "";
    });
    this.#cutter = new Lines((text) => lines.line(text));
    this.#closed = new Promise((resolve) => {
      const close = (): void => {
        this.ended = true;
        process.removeListener("exit", this.#lastResort);
        resolve();
      };
      this.#child.on("close", close);
      this.#child.on("error", (error) => {
        this.complaint = error.message;
        close();
      });
    });
  }

  /** Takes the lines that the tool has written since. */
  read(): void {
    for (;;) {
      const chunk = Buffer.allocUnsafe(LONGEST_LINE);
      const length = readSync(this.#out, chunk, 0, chunk.length, this.#read);
      if (length === 0) return;
      this.#read += length;
      this.#cutter.push(chunk.subarray(0, length));
    }
  }

  /**
   * Asks the tool to detach, waits for it, and takes the rest. It is never killed outright: ltrace would leave its
   * breakpoints behind.
   */
  async detach(): Promise<void> {
    for (const signal of ["SIGINT", "SIGTERM", "SIGTERM"] as const) {
      if (this.ended) break;
      this.#child.kill(signal);
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([this.#closed, new Promise<void>((late) => (timer = setTimeout(late, DETACH_MS)))]);
      clearTimeout(timer);
    }
    this.read();
    closeSync(this.#out);
  }
}

/** A file without a name, so that nothing is left behind whatever happens: the tool opens it as /proc/self/fd/3. */
function namelessFile(): number {
  const folder = mkdtempSync(join(tmpdir(), "whoforks-"));
  try {
    return openSync(join(folder, "calls"), "wx+", 0o600);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Cuts a stream of bytes into lines; a line that never ends is cut off. */
class Lines {
  #rest = Buffer.alloc(0);
  readonly #take: (text: string) => void;

  constructor(take: (text: string) => void) {
    this.#take = take;
  }

  push(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
      this.#take(fromBytes(bytes.subarray(0, end)));
      bytes = bytes.subarray(end + 1);
    }
    this.#rest = bytes.length > LONGEST_LINE ? Buffer.alloc(0) : Buffer.from(bytes);
  }
}
