import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { startScenario, type RunningScenario } from "../../lab/lab.mjs";
import { Tmux } from "../support/tmux.ts";
import { whoforks } from "../support/whoforks.ts";
import { needsLab, needsProgram } from "./needs.ts";

const BIN = fileURLToPath(new URL("../../bin/whoforks", import.meta.url));
const COMMAND = `${process.execPath} ${BIN} top`;

interface Line {
  schema: string;
  time: string;
  windowSeconds: number;
  eventsLost: number;
  own: { cpus: number };
  rows: {
    program: { exe: string; comm: string };
    spawner: { exe: string } | null;
    startsPerSecond: number;
    copiesShare: number;
    medianLifeMs: number;
    exits: { ok: number; failed: number; signalled: number; unknown: number };
    cpus: number | null;
    reaper: { pid: number; comm: string } | null;
    container: { pidNamespace: string } | null;
    alive: number;
  }[];
}

let scenario: RunningScenario | null = null;
let tmux: Tmux | null = null;
afterEach(async () => {
  tmux?.stop();
  tmux = null;
  await scenario?.stop();
  scenario = null;
});

function instances(): string[] {
  try {
    return readdirSync("/sys/kernel/tracing/instances").filter((name) => name.startsWith("whoforks"));
  } catch {
    return [];
  }
}

/** Back to the table. A key that comes together with Escape is another one (Alt), for every program in a terminal. */
async function leave(terminal: Tmux): Promise<void> {
  terminal.type("Escape");
  await terminal.until(/^whoforks top/);
}

/** Forks a second that the storm itself counted in the window of a table, which ends a moment before the table is made. */
function truth(running: RunningScenario, { time, windowSeconds }: Line): number {
  const end = Date.parse(time) - 60;
  return (running.forksBetween(end - windowSeconds * 1000, end) ?? Number.NaN) / windowSeconds;
}

test("--json: a chain's rate, life, ends, reaper and container, within 5 % of what the storm counted", async (context) => {
  needsLab(context);
  scenario = await startScenario("case", { seconds: 40 });
  const { exitCode, stdout } = await whoforks(["top", "--json", "-n", "6", "--interval", "1s", "--window", "4s"]);
  const lines = stdout.trimEnd().split("\n");
  expect(exitCode).toBe(0);
  expect(lines).toHaveLength(6);
  const last = JSON.parse(lines.at(-1) as string) as Line;
  expect(last).toMatchObject({ schema: "whoforks/top/1", eventsLost: 0 });
  const [row] = last.rows;
  if (row === undefined) throw new Error("no row");
  expect(row.program).toMatchObject({ exe: "/usr/bin/atd", comm: "atd" });
  expect(row.startsPerSecond / truth(scenario, last)).toBeGreaterThan(0.95);
  expect(row.startsPerSecond / truth(scenario, last)).toBeLessThan(1.05);
  expect(row.copiesShare).toBe(1);
  expect(row.exits).toMatchObject({ failed: 0, signalled: 0, unknown: 0 });
  expect(row.exits.ok).toBeGreaterThan(0);
  expect(row.reaper).toEqual({ pid: scenario.initPid, comm: "init" });
  expect(row.cpus).toBeGreaterThan(0);
  expect(row.cpus).toBeLessThan(2.5);
  expect(row.container?.pidNamespace).toMatch(/^pid:/);
});

test("--batch: a crash loop by its starter, as text, in both languages", async (context) => {
  needsLab(context);
  scenario = await startScenario("crash-loop", { seconds: 40 });
  const args = ["top", "--batch", "-n", "2", "--interval", "2s", "--filter", "worker"];
  const english = await whoforks(args, { env: { COLUMNS: "80" } });
  expect(english.exitCode).toBe(0);
  expect(english.stdout.match(/^whoforks top/gm)).toHaveLength(2);
  expect(english.stdout).toMatch(/^ *\d+(?:\.\d+)? +[\d.]+[mµ]?s +0% +0% +100% .*\/worker +superd +superd$/m);
  const chinese = await whoforks([...args, "--lang", "zh-CN"], { env: { COLUMNS: "120" } });
  expect(chinese.stdout).toContain("启动者");
  expect(chinese.stdout).toMatch(/\/usr\/local\/bin\/worker +superd/);
});

test("in a terminal: the storm at 80x24, keys, a diagnosis, an identity, other sizes, and the terminal as before", async (context) => {
  needsLab(context);
  needsProgram(context, "/usr/bin/tmux");
  scenario = await startScenario("case", { seconds: 110 });
  const before = instances();
  // An environment as on a build machine must not keep the screen blank.
  tmux = new Tmux(80, 24, { CI: "true", DEV: "true" });
  tmux.type(`${COMMAND}; echo "exit $?"`, "Enter");
  const table = await tmux.until(/^> .*\/usr\/bin\/atd +itself/m);
  expect(table).toMatch(/^whoforks top · own .* CPU/);
  expect(table).toContain("START/s▼");
  expect(table).toContain("q quit");
  expect(tmux.state()).toEqual({ alternate: true, cursor: false });

  tmux.type("/atd", "Enter");
  expect(await tmux.until(/filter: atd/)).toContain("/usr/bin/atd");
  tmux.type("/zzz", "Enter");
  await tmux.until(/None of \d+ rows holds atdzzz/);
  tmux.type("Escape");
  await tmux.until(/^> .*\/usr\/bin\/atd/m);
  tmux.type(">>>>>");
  await tmux.until(/CPU▼/);
  tmux.type("1");
  await tmux.until(/START\/s▼/);
  tmux.type("Space");
  await tmux.until(/^FROZEN/);
  tmux.type("Space");
  await tmux.until(/^whoforks top/);
  tmux.type("h");
  await tmux.until(/KEYS[\s\S]*COLUMNS/);
  await leave(tmux);

  tmux.type("i");
  await tmux.until(/IDENTITY OF \/usr\/bin\/atd: IMPOSTOR/);
  await leave(tmux);
  tmux.type("d");
  await tmux.until(/STORM[\s\S]*\/usr\/bin\/atd/, 60);
  await leave(tmux);
  tmux.type("t");
  await tmux.until(/only what descends from[\s\S]*\/usr\/bin\/atd/);
  tmux.type("t");
  await tmux.until(/^whoforks top · own/);

  for (const [columns, rows] of [
    [60, 20],
    [200, 50],
    [80, 24],
  ] as const) {
    tmux.resize(columns, rows);
    // The title in the first line: the old screen is gone.
    const resized = await tmux.until(/^whoforks top .*\n[\s\S]*\n> .*atd[\s\S]*\nq quit/);
    expect(resized.match(/^whoforks top /gm)).toHaveLength(1);
  }

  tmux.type("q");
  await tmux.until(/exit 0/);
  expect(tmux.state()).toEqual({ alternate: false, cursor: true });
  tmux.type("stty -a", "Enter");
  expect(await tmux.until(/ icanon /)).toMatch(/ echo /);
  expect(instances()).toEqual(before);
}, 180_000);

for (const [how, end, code] of [
  ["Ctrl-C", (terminal: Tmux) => terminal.type("C-c"), 130],
  ["SIGTERM", () => process.kill(pidOfTop(), "SIGTERM"), 130],
] as const) {
  test(`after ${how} the terminal and the host are as before`, async (context) => {
    needsLab(context);
    needsProgram(context, "/usr/bin/tmux");
    const before = instances();
    tmux = new Tmux(80, 24);
    tmux.type(`${COMMAND}; echo "exit $?"`, "Enter");
    await tmux.until(/START\/s|No process/);
    end(tmux);
    await tmux.until(new RegExp(`exit ${code}`));
    expect(tmux.state()).toEqual({ alternate: false, cursor: true });
    tmux.type("stty -a", "Enter");
    expect(await tmux.until(/ icanon /)).toMatch(/ echo /);
    expect(instances()).toEqual(before);
  });
}

test("Ctrl-Z gives the terminal to the shell, and fg brings the table back", async (context) => {
  needsLab(context);
  needsProgram(context, "/usr/bin/tmux");
  tmux = new Tmux(80, 24);
  // Job control.
  tmux.type("set -m", "Enter", COMMAND, "Enter");
  await tmux.until(/START\/s|No process/);
  tmux.type("C-z");
  await tmux.until(/[Ss]topped|\[1\]/);
  expect(tmux.state()).toEqual({ alternate: false, cursor: true });
  // What is typed before the table has gone may still be taken for its keys.
  tmux.type('fg; echo "exit $?"', "Enter");
  await tmux.until(/^whoforks top/);
  expect(tmux.state()).toEqual({ alternate: true, cursor: false });
  tmux.type("q");
  await tmux.until(/^exit 0$/m);
  expect(tmux.state()).toEqual({ alternate: false, cursor: true });
});

test("a terminal that cannot be redrawn gets plain tables", async (context) => {
  needsLab(context);
  needsProgram(context, "/usr/bin/tmux");
  tmux = new Tmux(80, 24);
  tmux.type(`TERM=dumb ${COMMAND} -n 1; echo "exit $?"`, "Enter");
  expect(await tmux.until(/exit 0/)).toMatch(/as with --batch[\s\S]*whoforks top/);
});

/** The `whoforks top` that runs in a terminal of this test. */
function pidOfTop(): number {
  for (const name of readdirSync("/proc").filter((one) => /^\d+$/.test(one))) {
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
      if (words[1] === BIN && words[2] === "top") return Number(name);
    } catch {
      // It is gone.
    }
  }
  throw new Error("no whoforks top runs");
}
