import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { JournalError } from "../../../src/journal/errors.ts";
import { Journal } from "../../../src/journal/journal.ts";
import { encodeRecord, readJournal } from "../../../src/journal/record.ts";
import type { Run } from "../../../src/journal/run.ts";
import { stepKind, stepKinds, StepRefused, type StepKind } from "../../../src/journal/types.ts";
import { isMarked } from "../../../src/journal/unfinished.ts";

let dir: string;
const state = (): string => join(dir, "state");
beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), "whoforks-journal-"));
});
afterEach(() => {
  fs.rmSync(dir, { recursive: true, force: true });
});

const exists = (path: string): boolean => fs.existsSync(path);
const none = { code: "undo.not-tried", args: {} };
/** A step on a real file: its name is taken away from it and given back. */
const rename: StepKind<{ from: string; to: string }> = {
  kind: "test.rename",
  data: z.object({ from: z.string(), to: z.string() }),
  apply: ({ from, to }) => fs.renameSync(from, to),
  undo({ from, to }) {
    if (!exists(to)) return { outcome: "nothing-to-undo" };
    if (exists(from)) return { outcome: "refused", why: { code: "undo.taken", args: {} }, byHand: [["mv", to, from]] };
    fs.renameSync(to, from);
    return { outcome: "undone" };
  },
  verify: ({ from, to }) => (exists(from) ? "before" : exists(to) ? "after" : "lost"),
  effect: () => none,
  undoing: () => none,
  byHand: ({ from, to }) => [["mv", to, from]],
};
const late: StepKind<{ file: string }> = {
  kind: "test.late",
  effect: () => none,
  undoing: () => none,
  undoLate: 1,
  data: z.object({ file: z.string() }),
  apply() {},
  undo({ file }) {
    fs.appendFileSync(file, "late");
    return { outcome: "undone" };
  },
  verify: () => "before",
  byHand: () => [],
};
const kinds = stepKinds([stepKind(rename), stepKind(late)]);
const journal = (): Journal => new Journal(kinds, state());
const begin = (): Run =>
  journal().begin({ action: "test", subject: "/x\udcff", root: "/", version: "0", details: { a: 1 } });
const step = (name: string, to: string) => ({
  kind: "test.rename",
  data: { from: join(dir, name), to: join(dir, to) },
});

describe("a run", () => {
  it("is found again with its steps and notes, and leads back to the start", async () => {
    fs.writeFileSync(join(dir, "a"), "content");
    const run = begin();
    await run.take(step("a", "b"));
    run.note("measured", { forks: 12 });
    await run.take(step("b", "c"));
    run.close();
    expect(isMarked(state())).toBe(true);
    const [found] = journal().unfinished();
    expect(found?.head).toMatchObject({ id: run.id, subject: "/x\udcff", details: { a: 1 } });
    expect(found?.notes).toEqual([{ name: "measured", data: { forks: 12 } }]);
    expect(found?.steps.map((s) => s.state)).toEqual(["done", "done"]);
    const again = journal().resume(run.id);
    expect(await again.undoAll()).toEqual([]);
    again.close();
    expect(fs.readFileSync(join(dir, "a"), "utf8")).toBe("content");
    expect(isMarked(state())).toBe(false);
    expect(journal().unfinished()).toEqual([]);
    expect(journal().runs().runs[0]?.end).toBe("undone");
  });

  it("that is meant to stand is not unfinished, and can be taken back all the same", async () => {
    fs.writeFileSync(join(dir, "a"), "");
    const run = begin();
    await run.take(step("a", "b"));
    run.end("standing");
    run.close();
    expect(isMarked(state())).toBe(false);
    const again = journal().resume(run.id);
    expect(await again.undoAll()).toEqual([]);
    again.close();
    expect(exists(join(dir, "a"))).toBe(true);
  });

  it("journals a step that fails, and one that cannot be undone with what is left to do", async () => {
    fs.writeFileSync(join(dir, "a"), "mine");
    const run = begin();
    await run.take(step("a", "b"));
    await expect(run.take(step("nothing", "d"))).rejects.toThrow(/ENOENT/);
    fs.writeFileSync(join(dir, "a"), "another's");
    const left = await run.undoAll();
    run.close();
    expect(left).toMatchObject([{ step: 0, byHand: [["mv", join(dir, "b"), join(dir, "a")]] }]);
    expect(fs.readFileSync(join(dir, "a"), "utf8")).toBe("another's");
    expect(isMarked(state())).toBe(true);
    const [stuck] = journal().unfinished();
    expect(stuck).toMatchObject({ end: "stuck", steps: [{ state: "refused" }, { state: "undone" }] });
    // The cause is gone: the same journal leads back.
    fs.rmSync(join(dir, "a"));
    const again = journal().resume(run.id);
    expect(await again.undoAll()).toEqual([]);
    again.close();
    expect(fs.readFileSync(join(dir, "a"), "utf8")).toBe("mine");
  });

  it("undoes what goes around the others after them", async () => {
    fs.writeFileSync(join(dir, "a"), "");
    const run = begin();
    await run.take(step("a", "b"));
    await run.take({ kind: "test.late", data: { file: join(dir, "a") } });
    expect(await run.undoAll()).toEqual([]);
    run.close();
    // Had it come first, as the last step taken, the file would not have been back yet.
    expect(fs.readFileSync(join(dir, "a"), "utf8")).toBe("late");
  });

  it("keeps a refusal's own reason", async () => {
    const refusing = stepKinds([
      stepKind({
        ...rename,
        kind: "test.no",
        apply: () => {
          throw new StepRefused("quarantine.changed", { path: "/x" });
        },
      }),
    ]);
    const run = new Journal(refusing, state()).begin({
      action: "t",
      subject: "",
      root: "/",
      version: "0",
      details: null,
    });
    await expect(run.take({ kind: "test.no", data: { from: "", to: "" } })).rejects.toThrow(StepRefused);
    run.close();
    expect(run.state.steps[0]).toMatchObject({ state: "failed", why: { code: "quarantine.changed" } });
  });
});

it("a clock that jumps back changes nothing: steps are undone in the order of their numbers", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2031-01-01T00:00:00Z") });
  try {
    fs.writeFileSync(join(dir, "a"), "");
    const run = begin();
    await run.take(step("a", "b"));
    vi.setSystemTime(new Date("1970-01-02T00:00:00Z"));
    await run.take(step("b", "c"));
    run.close();
    const other = begin();
    other.end("standing");
    other.close();
    expect(other.id < run.id).toBe(true);
    const again = journal().resume(run.id);
    expect(await again.undoAll()).toEqual([]);
    again.close();
    expect(exists(join(dir, "a"))).toBe(true);
    expect(journal().unfinished()).toEqual([]);
  } finally {
    vi.useRealTimers();
  }
});

describe("the state folder", () => {
  it("lets one run in at a time, and says who is there", () => {
    const run = begin();
    expect(() => begin()).toThrow(
      expect.objectContaining({ problem: "locked", args: { pid: process.pid, what: "test /x\udcff" } }) as Error,
    );
    expect(() => journal().resume(run.id)).toThrow(JournalError);
    run.close();
    begin().close();
  });

  it("is refused when others may write to it or a link stands in its place", () => {
    fs.mkdirSync(state(), { mode: 0o777 });
    fs.chmodSync(state(), 0o770);
    expect(() => begin()).toThrow(expect.objectContaining({ problem: "unsafe-folder" }) as Error);
    fs.rmdirSync(state());
    fs.mkdirSync(join(dir, "elsewhere"), { mode: 0o700 });
    fs.symlinkSync(join(dir, "elsewhere"), state());
    expect(() => begin()).toThrow(expect.objectContaining({ problem: "unsafe-folder" }) as Error);
    expect(fs.readdirSync(join(dir, "elsewhere"))).toEqual([]);
  });

  it("knows no run by a name that leads elsewhere", () => {
    begin().close();
    for (const id of ["../../etc/passwd", "", "20261129-200311-zzzzzz"])
      expect(() => journal().resume(id)).toThrow(expect.objectContaining({ problem: "unknown-run" }) as Error);
  });
});

describe("a damaged journal", () => {
  async function recorded(): Promise<{ run: Run; file: string; bytes: Buffer }> {
    fs.writeFileSync(join(dir, "a"), "");
    const run = begin();
    await run.take(step("a", "b"));
    await run.take(step("b", "c"));
    run.close();
    const file = join(state(), "runs", `${run.id}.journal`);
    return { run, file, bytes: fs.readFileSync(file) };
  }

  it("cut at any byte tells whole records only, and no step that was not begun", async () => {
    const { bytes } = await recorded();
    const firstLine = bytes.indexOf("\n") + 1;
    for (let length = 0; length <= bytes.length; length++) {
      const read = readJournal(bytes.subarray(0, length));
      if (length < firstLine) expect(read).toBeNull();
      else {
        expect(read?.state.damaged.count).toBe(0);
        expect(read?.state.damaged.torn).toBe(bytes[length - 1] !== 10);
        expect(read?.wholeBytes).toBe(bytes.lastIndexOf("\n", length - 1) + 1);
      }
    }
  });

  it("torn at its end leads back, and goes on with whole records", async () => {
    const { run, file, bytes } = await recorded();
    fs.writeFileSync(file, bytes.subarray(0, bytes.length - 7));
    const again = journal().resume(run.id);
    expect(again.state.damaged).toEqual({ count: 0, examples: [], torn: true });
    expect(await again.undoAll()).toEqual([]);
    again.close();
    expect(exists(join(dir, "a"))).toBe(true);
    expect(readJournal(fs.readFileSync(file))?.state).toMatchObject({
      end: "undone",
      damaged: { count: 0, torn: false },
    });
  });

  it("altered or shortened in the middle is undone as far as it is known, and says that there may be more", async () => {
    const { run, file, bytes } = await recorded();
    const lines = bytes.toString().split("\n");
    // The first step, with another path in it.
    lines[1] = (lines[1] as string).replace("/a", "/z");
    fs.writeFileSync(file, lines.join("\n"));
    const again = journal().resume(run.id);
    const left = await again.undoAll();
    again.close();
    expect(left).toMatchObject([{ kind: "journal", why: { code: "undo.damaged-journal" } }]);
    expect(exists(join(dir, "b"))).toBe(true);
    expect(again.state.end).toBe("stuck");
    const without = readJournal(Buffer.from(bytes.toString().split("\n").toSpliced(2, 1).join("\n")));
    expect(without?.state.damaged.count).toBe(1);
  });

  it("never throws, whatever it holds", () => {
    const head = {
      type: "begin",
      id: "x",
      action: "",
      subject: "",
      root: "",
      at: "",
      bootId: "",
      version: "",
      details: 1,
    } as const;
    const hostile = [
      encodeRecord(0, head),
      encodeRecord(1, { type: "doing", step: 0, kind: "__proto__", data: { __proto__: null } }),
      encodeRecord(2, { type: "done", step: 7 }),
      encodeRecord(2, { type: "done", step: 0 }),
      encodeRecord(3, { type: "done", step: -1 }),
      "0123456789abcdef 9 {}\n",
      "\u0000\ud800\n\n",
    ].join("");
    expect(readJournal(Buffer.from(hostile))?.state).toMatchObject({
      steps: [{ state: "doing" }],
      damaged: { count: 6 },
    });
    expect(readJournal(Buffer.from("[]\n{}\n"))).toBeNull();
    expect(readJournal(Buffer.alloc(0))).toBeNull();
  });

  it("that was never begun is nothing to mention", () => {
    begin().close();
    fs.writeFileSync(join(state(), "runs", "20261129-200311-abcdef.journal"), "0123");
    expect(journal().runs().unreadable).toEqual([]);
    expect(journal().runs().runs).toHaveLength(1);
  });
});

it("a step is on the disk, whole, before it is taken", () => {
  // By the journal as the step itself finds it.
  const script = `
    const fs = require("node:fs");
    process.stdout.write(fs.readFileSync(process.argv[1], "utf8").trim().split("\\n").at(-1).slice(17));
  `;
  const seen: string[] = [];
  const looking = stepKinds([
    stepKind({
      ...rename,
      apply: () => {
        const [file = ""] = fs.readdirSync(join(state(), "runs"));
        seen.push(
          spawnSync(process.execPath, ["-e", script, join(state(), "runs", file)], { encoding: "utf8" }).stdout,
        );
      },
    }),
  ]);
  const run = new Journal(looking, state()).begin({ action: "t", subject: "", root: "/", version: "0", details: null });
  return run.take(step("a", "b")).then(() => {
    run.close();
    expect(seen[0]).toContain('"type":"doing"');
    expect(seen[0]).toContain(join(dir, "a"));
  });
});
