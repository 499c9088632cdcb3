import { describe, expect, it } from "vitest";
import { recognise } from "../../../src/formats/index.ts";
import { readLog, words } from "./tracer-logs.ts";

/** What strace puts before a call: by -f, -Y, -t, -r, -n, -i, --secontext and -C, in any mixture. */

const strace = (text: string) => readLog("strace", text);
/** Every line was understood. */
function all(text: string): string[] {
  const read = strace(text);
  expect(read.reading.ledger.examples).toEqual([]);
  return words(read);
}

const STORY = ["70 exec /bin/sh [sh]", "70 fork 71", "71 exit 3", "70 < 71 1", "70 exit 0"];

describe("the beginning of a line", () => {
  const body = [
    [70, 'execve("/bin/sh", ["sh"], 0x7ffd1 /* 3 vars */) = 0'],
    [70, "fork()                                  = 71"],
    [71, "exit_group(3)                           = ?"],
    [71, "+++ exited with 3 +++"],
    [
      70,
      "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=71, si_uid=0, si_status=3, si_utime=0, si_stime=1 /* 0.01 s */} ---",
    ],
    [70, "exit_group(0)                           = ?"],
    [70, "+++ exited with 0 +++"],
  ] as const;
  const made = (leader: (pid: number, line: number) => string): string =>
    body.map(([pid, text], line) => `${leader(pid, line)}${text}\n`).join("");

  it.each<[string, (pid: number, line: number) => string]>([
    ["-o", (pid) => `${String(pid).padEnd(5)} `],
    ["standard error", (pid) => `[pid ${String(pid).padStart(5)}] `],
    ["-Y", (pid) => `${pid}<my >sh> `],
    ["-Y on standard error", (pid) => `[pid ${pid}<a b>] `],
    ["-t", (pid, line) => `${pid}    23:59:5${line} `],
    ["-tt", (pid, line) => `${pid}    12:00:00.00000${line} `],
    ["-ttt", (pid, line) => `${pid}    1795560935.15154${line} `],
    ["unix seconds", (pid, line) => `${pid}    179556093${line} `],
    ["milliseconds", (pid, line) => `${pid}    12:00:00.00${line} `],
    ["nanoseconds", (pid, line) => `${pid}    1795560935.00000000${line} `],
    ["-r", (pid) => `${pid}         0.000248 `],
    ["-r -t", (pid) => `${pid}    19:47:57 (+     0.000248) `],
    ["-n", (pid) => `${pid}    [  59] `],
    ["-i", (pid) => `${pid}    [00007fd5a2762ad7] `],
    ["-i, no counter", (pid) => `${pid}    [????????????????] `],
    ["-n -i -tt", (pid) => `${pid}    12:00:00.000001 [????] [08048123] `],
    ["--secontext", (pid) => `${pid}    [unconfined_u:unconfined_r:unconfined_t:s0] 12:00:00.000001 `],
  ])("%s", (_, leader) => {
    expect(all(made(leader))).toEqual(STORY);
    expect(recognise(Buffer.from(made(leader)))?.id).toBe("strace");
  });

  it("colour", () => {
    const coloured = made((pid) => `\u001b[33m${pid}\u001b[0m   \u001b[1m`).replaceAll("\n", "\u001b[m\n");
    expect(all(coloured)).toEqual(STORY);
  });

  it("times in all precisions are the same time", () => {
    for (const [from, to] of [
      ["23:59:59.900000", "00:00:00.100000"],
      ["1795560935.9", "1795560936.1"],
      ["12:00:00.900", "12:00:01.100"],
      ["1795560935.900000000", "1795560936.100000000"],
    ]) {
      const { events, reading } = strace(`7 ${from} exit_group(0) = ?\n8 ${to} exit_group(0) = ?\n`);
      expect(events.map(({ ts }) => ts)).toEqual([0, 200_000_000]);
      expect(reading.seconds).toBeCloseTo(0.2);
    }
    expect(strace("7 1795560935.25 exit_group(0) = ?\n").reading.originEpochMs).toBe(1_795_560_935_250);
    expect(strace("7 12:00:00.25 exit_group(0) = ?\n").reading.originEpochMs).toBeNull();
  });

  it("without times keeps the order and says that there are none", () => {
    const { events, reading } = strace("7 fork() = 8\n7 fork() = 9\n");
    expect(reading.stampNs).toBeNull();
    expect(reading.seconds).toBe(0);
    expect(events[1]!.ts).toBeGreaterThan(events[0]!.ts);
    expect(reading.gaps?.map(({ code }) => code)).toEqual(["times.log-tells-none"]);
  });
});
