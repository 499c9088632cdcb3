import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  renameSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, expect, test, type TestContext } from "vitest";
import { limitingCpu } from "../../src/experiment/cpu.ts";
import {
  askFor,
  cgroupFolder,
  freezers,
  membersOf,
  moveInto,
  mountsOf,
  setTo,
  settingOf,
  stateOf,
} from "../../src/experiment/freezer.ts";
import { freezing, stopping } from "../../src/experiment/intervention.ts";
import { overridingJob } from "../../src/experiment/keep-down.ts";
import { disablingLine } from "../../src/experiment/line.ts";
import { EXPERIMENT_STEPS } from "../../src/experiment/steps/index.ts";
import { Journal } from "../../src/journal/journal.ts";
import { stepKinds, type Step } from "../../src/journal/types.ts";
import { startTicks } from "../../src/platform/process-identity.ts";

const folder = mkdtempSync(`${tmpdir()}/whoforks-steps-`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const isRoot = process.getuid?.() === 0;
const kinds = stepKinds(EXPERIMENT_STEPS);
const journal = new Journal(kinds, `${folder}/state`);
const beginning = { action: "prove", subject: "x", root: "/", version: "0", details: {} };

function need(context: TestContext, isThere: boolean, what: string): void {
  if (isThere) return;
  if (process.env["CI"]) throw new Error(`needs ${what}`);
  context.skip(`needs ${what}`);
}

/** A shell that starts a child each time it is told to, in a session of its own. */
function tree(): ChildProcess {
  return spawn("sh", ["-c", "while read line; do sleep 60 & echo $!; done"], {
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
  });
}

function asked(shell: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    shell.stdout?.once("data", (bytes: Buffer) => resolve(Number(bytes.toString().trim())));
    shell.stdin?.write("\n");
  });
}

function stateLetter(pid: number): string {
  return readFileSync(`/proc/${pid}/stat`, "latin1")
    .replace(/^.*\) /s, "")
    .slice(0, 1);
}

for (const version of [2, 1] as const)
  test(`a tree is frozen in a cgroup of its own, version ${version}, with what it starts later, and goes back`, async (context) => {
    const freezer = freezers().find((one) => one.version === version);
    need(context, isRoot && freezer !== undefined, `root and a freezer of cgroup version ${version}`);
    if (freezer === undefined) return;
    const shell = tree();
    const pid = shell.pid as number;
    const run = journal.begin(beginning);
    try {
      const first = await asked(shell);
      const origin = cgroupFolder(freezer, pid) as string;
      const own = `${origin}/whoforks-test${version}${process.pid}`;
      const target = { by: "tree", pid, startTicks: startTicks(pid) };
      await run.take({ kind: "cgroup.own", data: { ...freezer, origin, own, target } });
      expect(new Set(membersOf(own))).toEqual(new Set([pid, first]));
      const second = await asked(shell);
      expect(membersOf(own)).toContain(second);

      const frozen = await run.take({ kind: "cgroup.freeze", data: { version, folder: own } });
      expect(stateOf(version, own)).toEqual({ asked: true, is: true });
      const silent = asked(shell).then(() => "answered");
      expect(await Promise.race([silent, delay(300, "silent")])).toBe("silent");
      expect(await run.undo(frozen)).toBeNull();
      expect(await silent).toBe("answered");

      // Frozen again, and left so: the whole run is taken back at once, as a guard would.
      await run.take({ kind: "cgroup.freeze", data: { version, folder: own } });
      expect(await run.undoAll()).toEqual([]);
      expect(existsSync(own)).toBe(false);
      for (const one of [pid, first, second]) expect(cgroupFolder(freezer, one)).toBe(origin);
      await asked(shell);
    } finally {
      run.close();
      if (stateOf(version, `${cgroupFolder(freezer, pid)}`)?.asked === true)
        askFor(version, `${cgroupFolder(freezer, pid)}`, false);
      process.kill(-pid, "SIGKILL");
    }
  });

test("a tree gets a hundredth of a CPU and goes on, and gets back what it had; what others set meanwhile is left", async (context) => {
  const cpu = mountsOf("cpu");
  need(context, isRoot && cpu !== null, "root and the controller cpu of cgroup version 1");
  const shell = spawn("sh", ["-c", "while :; do :; done"], { detached: true, stdio: "ignore" });
  const pid = shell.pid as number;
  const run = journal.begin(beginning);
  try {
    const way = limitingCpu("x", { by: "tree", pid, startTicks: startTicks(pid) as string }, "limit");
    if (typeof way === "string") throw new Error(way);
    const [own, limit] = [...way.prepare, ...way.hold] as [Step, Step];
    await run.take(own);
    const { folder } = limit.data as { folder: string };
    expect(membersOf(folder)).toEqual([pid]);
    const throttled = (): number => Number(/^nr_throttled (\d+)/m.exec(settingOf(folder, "cpu.stat") ?? "")?.[1]);
    expect(throttled()).toBe(0);
    const taken = await run.take(limit);
    expect(settingOf(folder, "cpu.cfs_quota_us")).toBe("1000");
    while (throttled() < 2) await delay(20);
    expect(stateLetter(pid)).toBe("R");
    expect(await run.undo(taken)).toBeNull();
    expect(settingOf(folder, "cpu.cfs_quota_us")).toBe("-1");

    // Somebody else gives it another limit while ours is there: that one stays, and is told.
    await run.take(limit);
    setTo(folder, "cpu.cfs_quota_us", "50000");
    const left = await run.undo(2);
    expect(left).toMatchObject({ why: { code: "experiment.refused.changed" } });
    expect(left?.byHand).toEqual([["sh", "-c", 'echo "$1" > "$2"', "sh", "-1", `${folder}/cpu.cfs_quota_us`]]);
    expect(settingOf(folder, "cpu.cfs_quota_us")).toBe("50000");
    setTo(folder, "cpu.cfs_quota_us", "1000");
    expect(await run.undoAll()).toEqual([]);
    expect(existsSync(folder)).toBe(false);
    expect(startTicks(pid)).not.toBeNull();
  } finally {
    await run.undoAll();
    run.close();
    process.kill(-pid, "SIGKILL");
  }
});

test("a process is stopped and goes on; another life of its number is not touched, and one that is stopped already is refused", async (context) => {
  need(context, isRoot, "root");
  const shell = tree();
  const pid = shell.pid as number;
  const run = journal.begin(beginning);
  try {
    await asked(shell);
    const [step] = stopping(String(pid), pid, startTicks(pid) as string).hold;
    if (step === undefined) throw new Error("no step");
    const stopped = await run.take(step);
    expect(stateLetter(pid)).toBe("T");
    await expect(run.take(step)).rejects.toThrow("stopped-already");
    expect(await run.undo(stopped)).toBeNull();
    expect(stateLetter(pid)).not.toBe("T");
    await expect(run.take({ kind: "process.stop", data: { pid, startTicks: "1" } })).rejects.toThrow("process-gone");
    expect(stateLetter(pid)).not.toBe("T");
    expect(await run.undoAll()).toEqual([]);
  } finally {
    run.close();
    process.kill(-pid, "SIGKILL");
  }
});

test("nobody is frozen where nobody lives any more", async (context) => {
  need(context, isRoot, "root");
  const gone = spawn("true");
  await new Promise((resolve) => gone.on("close", resolve));
  expect(freezing("x", { by: "tree", pid: gone.pid as number, startTicks: "1" })).toBeNull();
});

test("a line becomes a comment and comes back byte for byte, with times and links; what others changed is left", async (context) => {
  need(context, isRoot, "root");
  const file = `${folder}/inittab`;
  const text = Buffer.from("id:2:initdefault:\n# a comment\nat:2345:respawn:/usr/bin/atd \xff\nlast", "latin1");
  writeFileSync(file, text, { mode: 0o640 });
  linkSync(file, `${folder}/another`);
  execFileSync("touch", ["-d", "@1000000000.123456789", file]);
  const { ino, mode, mtimeNs, nlink } = statSync(file, { bigint: true });

  expect(disablingLine(file, 2)).toContain("a comment");
  expect(disablingLine(file, 9)).toContain("no such line");
  const step = (line: number): { kind: string; data: unknown } => {
    const way = disablingLine(file, line);
    if (typeof way === "string") throw new Error(way);
    return way.hold[0] as { kind: string; data: unknown };
  };
  for (const line of [1, 3, 4]) {
    const run = journal.begin(beginning);
    try {
      const taken = await run.take(step(line));
      const lines = readFileSync(file, "latin1").split("\n");
      expect(lines[line - 1]).toMatch(/^#whoforks: /);
      expect(lines.toSpliced(line - 1, 1)).toEqual(
        text
          .toString("latin1")
          .split("\n")
          .toSpliced(line - 1, 1),
      );
      expect(await run.undo(taken)).toBeNull();
      expect(readFileSync(file)).toEqual(text);
      expect(statSync(file, { bigint: true })).toMatchObject({ ino, mode, mtimeNs, nlink });
    } finally {
      run.close();
    }
  }

  // Cut off in the middle of the write, as by a crash.
  const torn = step(3);
  for (const cut of [32, 40, 50, 60]) {
    const after = Buffer.from((torn.data as { after: string }).after, "base64");
    writeFileSync(file, Buffer.concat([after.subarray(0, cut), text.subarray(cut)]));
    expect(await kinds.get(torn.kind)?.undo(torn.data), `${cut}`).toEqual({ outcome: "undone" });
    expect(readFileSync(file)).toEqual(text);
  }

  const run = journal.begin(beginning);
  try {
    await run.take(step(3));
    writeFileSync(file, "somebody else's\n");
    const [left] = await run.undoAll();
    expect(left?.why.code).toBe("experiment.refused.changed");
    expect(left?.byHand[0]?.[0]).toBe("sed");
    expect(readFileSync(file, "latin1")).toBe("somebody else's\n");
  } finally {
    run.close();
  }
  // Another file in its place is another file.
  writeFileSync(`${folder}/new`, text);
  const replaced = step(1);
  renameSync(`${folder}/new`, file);
  expect(kinds.get(replaced.kind)?.verify(replaced.data)).toBe("lost");
});

test("what others froze, stopped or changed before is refused, and is as they left it when the run is taken back", async (context) => {
  const freezer = freezers()[0];
  need(context, isRoot && freezer !== undefined, "root and a freezer of cgroups");
  if (freezer === undefined) return;
  const theirs = `${freezer.dir}/whoforks-theirs${process.pid}`;
  const sleeper = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
  const pid = sleeper.pid as number;
  const { version } = freezer;
  mkdirSync(theirs);
  const run = journal.begin(beginning);
  const file = `${folder}/theirs`;
  writeFileSync(file, "a\nb\n");
  try {
    // Nobody in it: whoever makes the storm is not held by freezing it.
    const freezing = { kind: "cgroup.freeze", data: { version, folder: theirs } };
    await expect(run.take(freezing)).rejects.toThrow("nobody");
    moveInto(theirs, pid);
    askFor(version, theirs, true);
    while (stateOf(version, theirs)?.is !== true) await delay(5);
    await expect(run.take(freezing)).rejects.toThrow("frozen-already");
    const way = disablingLine(file, 2);
    if (typeof way === "string") throw new Error(way);
    writeFileSync(file, "a\nb\nc\n");
    await expect(run.take(way.hold[0] as Step)).rejects.toThrow("changed");
    expect(await run.undoAll()).toEqual([]);
    expect(stateOf(version, theirs)).toEqual({ asked: true, is: true });
    expect(readFileSync(file, "latin1")).toBe("a\nb\nc\n");
    // So says the journal to whoever reads it later.
    run.close();
    const again = journal.resume(run.id);
    expect(await again.undoAll()).toEqual([]);
    again.close();
    expect(stateOf(version, theirs)?.asked).toBe(true);
    askFor(version, theirs, false);

    process.kill(pid, "SIGSTOP");
    while (stateLetter(pid) !== "T") await delay(1);
    const next = journal.begin(beginning);
    const [step] = stopping("x", pid, startTicks(pid) as string).hold;
    await expect(next.take(step as Step)).rejects.toThrow("stopped-already");
    expect(await next.undoAll()).toEqual([]);
    next.close();
    expect(stateLetter(pid)).toBe("T");
  } finally {
    const gone = new Promise((resolve) => sleeper.once("exit", resolve));
    askFor(version, theirs, false);
    sleeper.kill("SIGKILL");
    await gone;
    while (membersOf(theirs).length > 0) await delay(5);
    rmdirSync(theirs);
  }
});

test("a job of upstart gets `manual` in an override: one that was not there goes again, one that was comes back byte for byte", async (context) => {
  need(context, isRoot, "root");
  const init = `${folder}/init`;
  mkdirSync(init);
  writeFileSync(`${init}/later.conf`, "respawn\nexec /usr/bin/atd\n");
  const file = `${init}/later.override`;
  const names = readdirSync(init);
  const step = (): Step => {
    const way = overridingJob("later", file, false);
    if (typeof way === "string") throw new Error(way);
    expect(way.hold).toHaveLength(1);
    return way.hold[0] as Step;
  };
  const run = journal.begin(beginning);
  try {
    const taken = await run.take(step());
    expect(readFileSync(file, "latin1")).toMatch(/^# whoforks [0-9a-f]{8}\nmanual\n$/);
    expect(await run.undo(taken)).toBeNull();
    expect(readdirSync(init)).toEqual(names);

    // Killed after any of its calls: the beginning of ours beside it, ours under both names.
    const torn = step();
    const { content } = torn.data as { content: string };
    for (const made of [[], ["whoforks"], ["whoforks", ""], [""]]) {
      for (const end of made) writeFileSync(`${file}${end === "" ? "" : `.${end}`}`, content);
      await kinds.get(torn.kind)?.undo(torn.data);
      expect(readdirSync(init)).toEqual(names);
    }

    // One that somebody makes meanwhile is his.
    const late = step();
    writeFileSync(file, "env X=1\n");
    await expect(run.take(late)).rejects.toThrow("changed");
    expect(await kinds.get(late.kind)?.undo(late.data)).toMatchObject({ outcome: "refused" });
    expect(readFileSync(file, "latin1")).toBe("env X=1\n");

    const bytes = Buffer.from("env X=\xff\n# no newline at its end", "latin1");
    writeFileSync(file, bytes, { mode: 0o600 });
    utimesSync(file, 1_000_000_000, 1_000_000_000.5);
    const before = statSync(file);
    const added = await run.take(step());
    expect(readFileSync(file).subarray(0, bytes.length)).toEqual(bytes);
    expect(readFileSync(file, "latin1").slice(bytes.length)).toMatch(/^\n# whoforks [0-9a-f]{8}\nmanual\n$/);
    expect(await run.undo(added)).toBeNull();
    expect(readFileSync(file)).toEqual(bytes);
    const { ino, mode, mtimeMs } = statSync(file);
    expect({ ino, mode, mtimeMs }).toEqual({ ino: before.ino, mode: before.mode, mtimeMs: before.mtimeMs });

    // Neither a link nor a FIFO is followed or waited for.
    rmSync(file);
    symlinkSync(`${init}/later.conf`, file);
    expect(overridingJob("later", file, false)).toContain("ELOOP");
    rmSync(file);
    execFileSync("mkfifo", [file]);
    expect(overridingJob("later", file, false)).toContain("no ordinary file");
    expect(await run.undoAll()).toEqual([]);
  } finally {
    run.close();
  }
});

test("a supervisor's command that fails is told with what it said", async (context) => {
  need(context, isRoot, "root");
  const run = journal.begin(beginning);
  const unit = { supervisor: "systemd", unit: "x.service" };
  try {
    const refused = run.take({ kind: "unit.stop", data: { ...unit, stop: ["ls", "/nowhere"], start: [["true"]] } });
    await expect(refused).rejects.toMatchObject({ why: { code: "experiment.refused.command" } });
    const taken = await run.take({
      kind: "unit.stop",
      data: { ...unit, stop: ["true"], start: [["true"], ["false"], ["echo", "x"]] },
    });
    const left = await run.undo(taken);
    expect(left?.byHand).toEqual([["false"], ["echo", "x"]]);
  } finally {
    await run.undoAll();
    run.close();
  }
});
