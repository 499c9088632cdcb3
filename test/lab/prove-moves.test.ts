import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test, vi } from "vitest";
import { startScenario, type Scenario } from "../../lab/lab.mjs";
import { carryOut, type CarriedOut } from "../../src/cli/prove-run.ts";
import { ALL_STEPS } from "../../src/cli/step-kinds.ts";
import { createProgress } from "../../src/cli/progress.ts";
import { planOf, stopping, type Intervention } from "../../src/experiment/intervention.ts";
import { stateOf } from "../../src/experiment/members.ts";
import { startTicks } from "../../src/platform/process-identity.ts";
import { needsLab } from "./needs.ts";

const state = mkdtempSync(`${tmpdir()}/whoforks-prove-moves-`);
afterAll(() => rmSync(state, { recursive: true, force: true }));

const [STEADY, WATCHER] = ["/usr/local/sbin/steady", "/usr/local/sbin/watcher"];
const [FIRST, SECOND] = ["/usr/local/bin/first", "/usr/local/bin/second"];

/** One that starts a program again and again, and one that starts another as soon as that one stands still. */
const scenario: Scenario = {
  name: "whoforks-watched",
  about: "a storm that goes on under another name when it is held",
  expected: { outcome: "storm", exitCode: 1, kind: null },
  prepare(tools, options) {
    const end = Math.ceil(Date.now() / 1000 + options.seconds + 1);
    for (const program of [FIRST, SECOND]) tools.copy("/bin/true", program);
    tools.write(
      STEADY,
      `#!/usr/bin/perl
while (time < ${end}) {
  open my $beat, ">", "/run/beat"; print $beat $$; close $beat;
  system "${FIRST}"; select undef, undef, undef, 0.005;
}
sleep 1000;
`,
      0o755,
    );
    tools.write(
      WATCHER,
      `#!/usr/bin/perl
use Time::HiRes;
while (time < ${end}) {
  Time::HiRes::sleep 0.005;
  next if Time::HiRes::time - ((Time::HiRes::stat "/run/beat")[9] // 9e9) < 0.1;
  system "${SECOND}";
}
sleep 1000;
`,
      0o755,
    );
    return { inittab: [`st:2345:once:${STEADY}`, `wa:2345:once:${WATCHER}`] };
  },
};

/** Number of the process that runs this script. */
function runsScript(script: string): number {
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      if (readFileSync(`/proc/${entry}/cmdline`, "latin1").split("\0")[1] === script) return Number(entry);
    } catch {
      // Gone.
    }
  }
  throw new Error(`nobody runs ${script}`);
}

async function carried(
  intervention: Intervention,
  pairs: number,
  progress = createProgress(false),
): Promise<CarriedOut> {
  return carryOut({
    version: "0",
    intervention,
    plan: planOf(intervention, ALL_STEPS, pairs, 1),
    storm: { kind: "unclassified", exe: FIRST, comm: "first", root: "/" },
    baselineSeconds: 1,
    longestBaseline: 16,
    source: undefined,
    signal: new AbortController().signal,
    progress,
    waiting: null,
    root: "/",
  });
}

test("a storm that goes on as another program is told, whatever the clock of the day does", async (context) => {
  needsLab(context);
  const running = await startScenario(scenario, { seconds: 90, pids: 300 });
  const [, program] = process.argv;
  try {
    await vi.waitUntil(() => running.initPid > 0 && runsScript(STEADY) > 0, { timeout: 20_000 });
    const pid = runsScript(STEADY);
    vi.stubEnv("WHOFORKS_STATE", state);
    // The guard is the program that runs this.
    process.argv[1] = fileURLToPath(new URL("../../bin/whoforks", import.meta.url));
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const jumps = setInterval(
      () => vi.setSystemTime(Date.now() + (Date.now() % 2 === 0 ? 7_200_001 : -7_200_003)),
      700,
    );
    const moved = await carried(stopping(String(pid), pid, startTicks(pid) as string), 5);
    clearInterval(jumps);
    vi.useRealTimers();
    expect(moved.measured?.judgement).toMatchObject({
      outcome: "inconclusive",
      code: "experiment.inconclusive.moved",
      args: { program: SECOND },
    });
    const times = moved.measured?.slots.map(({ at }) => at) ?? [];
    expect(times).toHaveLength(10);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(moved.remaining).toEqual([]);
    expect(/^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]).not.toBe("T");

    // Four pairs are the fewest that refute. In the last stretch he ends, and what goes on may be his successor's.
    const innocent = spawn("sleep", ["100"], { detached: true, stdio: "ignore" });
    const other = innocent.pid as number;
    let ending: NodeJS.Timeout | undefined;
    const progress = {
      show(text: string) {
        if (!text.includes("8 of 8")) return;
        // Who is stopped ends as soon as he is let go.
        ending ??= setInterval(() => {
          if (text.includes("free") || stateOf(other) === "T") innocent.kill();
        }, 5);
      },
      clear: () => undefined,
    };
    const gone = await carried(stopping(String(other), other, startTicks(other) as string), 4, progress);
    clearInterval(ending);
    expect(gone.measured?.slots).toHaveLength(8);
    expect(gone.measured?.judgement).toMatchObject({
      outcome: "inconclusive",
      code: "experiment.inconclusive.target-gone",
    });
    expect(gone.remaining).toEqual([]);
  } finally {
    vi.useRealTimers();
    vi.unstubAllEnvs();
    process.argv[1] = program as string;
    await running.stop();
  }
}, 120_000);
