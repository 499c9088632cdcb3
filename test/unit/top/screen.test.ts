import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LANGUAGES } from "../../../src/report/text/language.ts";
import { displayWidth } from "../../../src/report/text/width.ts";
import type { Safe } from "../../../src/report/text/sanitise.ts";
import type { Voice } from "../../../src/report/text/voice.ts";
import { duration } from "../../../src/top/cells.ts";
import { placed } from "../../../src/top/columns.ts";
import { topResult } from "../../../src/top/json.ts";
import { arranged, COLUMNS, firstOrder } from "../../../src/top/order.ts";
import { plainTable } from "../../../src/top/plain.ts";
import { helpLines, pagerScreen, tableScreen, workingScreen } from "../../../src/top/screen.ts";
import { BEGINNING, type TopState } from "../../../src/top/state.ts";
import type { TopRow, TopTable } from "../../../src/top/table.ts";
import { hostile } from "../report/hostile.ts";
import { CHAIN, topRow, topTable } from "./samples.ts";

const ENGLISH: Voice = { language: "en", unicode: true, nameLimit: 60 };
const ATTACK = "\u001b]52;c;aGk=\u0007\u202e\r\n\u009b2J容器";

function screen(
  table: TopTable | null,
  columns: number,
  rows = 24,
  state: TopState = BEGINNING,
  voice = ENGLISH,
): string[] {
  return tableScreen(voice, state, table, { columns, rows }, 1).lines.map(({ text }) => text);
}

describe("the screen", () => {
  it("says everything about a storm in 80 columns", () => {
    const lines = screen(topTable([topRow(), CHAIN]), 80);
    expect(lines).toHaveLength(24);
    expect(lines[0]).toMatch(/^whoforks top · own 3\.1% CPU, 63\smB · web1 · 14:02:11 UTC · tracefs over 5\ss/i);
    expect(lines[1]).toBe("9,050 forks/s · 412 execs/s · 2.57 of 4 CPUs busy (54% system) · none lost");
    expect(lines[2]).toBe(" START/s▼   LIFE    OK  FAIL   SIG   CPU  ALIVE PROGRAM         BY       REAPER");
    expect(lines[3]).toMatch(/^> {3}8,620 {2}111µs {2}100% {4}0% {4}0% ≤1\.32 {6}1 \/usr\/bin\/atd +itself +init$/);
    expect(lines[4]).toMatch(/^ {6}412 6\.03ms {3}<1% {2}>99% {4}0% {2}0\.62 {6}2 \/usr\/bin\/worker +superd +superd$/);
    expect(lines.slice(-4, -1)).toEqual([
      "/usr/bin/atd, 32-bit · 3f2a9c1d8e7b",
      "100% are copies of itself · reaped by init (pid 22423)",
      "its dead use at most 1.32 CPUs: others are charged to the same reaper",
    ]);
    expect(lines.at(-1)).toContain("q quit  h help");
  });

  it.each([20, 40, 60, 80, 100, 133, 200])("fits into %i columns, in both languages, with any alphabet", (columns) => {
    const rows = [
      CHAIN,
      topRow(),
      topRow({ key: "x", program: { ...CHAIN.program, exe: `/opt/${"很长".repeat(40)}/名` } }),
    ];
    for (const language of LANGUAGES)
      for (const unicode of [true, false])
        for (const height of [5, 14, 24, 60]) {
          const voice: Voice = { language, unicode, nameLimit: 60 };
          const lines = screen(topTable(rows, { lost: 1234 }), columns, height, BEGINNING, voice);
          expect(lines).toHaveLength(height);
          for (const text of lines) expect(displayWidth(text as Safe), text).toBeLessThan(columns);
          if (!unicode && language === "en") for (const text of lines) expect(text).toMatch(/^[\x20-\x7e\u00a0]*$/);
          if (columns >= 40 && height >= 14) expect(lines.join("\n")).toContain("atd");
        }
  });

  it("aligns columns under Chinese titles", () => {
    const voice: Voice = { language: "zh-CN", unicode: true, nameLimit: 60 };
    const lines = screen(topTable([CHAIN]), 100, 24, BEGINNING, voice);
    const titles = lines.find((text) => text.includes("程序")) as string;
    const row = lines.find((text) => text.startsWith(">")) as string;
    const before = (text: string, word: string): number => displayWidth(text.slice(0, text.indexOf(word)) as Safe);
    expect(before(titles, "程序")).toBe(before(row, "/usr/bin/atd"));
    expect(before(titles, "回收者")).toBe(before(row, "init"));
  });

  it("never lets the host's text out as it is", () => {
    const bad = topRow({
      program: { exe: `/tmp/${ATTACK}`, comm: ATTACK, bits: null, mountNamespace: null },
      spawner: { exe: null, comm: ATTACK, bits: null, mountNamespace: null, pid: 3 },
      reapers: [{ pid: 3, comm: ATTACK, count: 1 }],
      container: { name: ATTACK, pidNamespace: ATTACK },
    });
    const table = topTable([bad, topRow({ key: ATTACK, program: { ...bad.program, exe: null } })], {
      hostname: ATTACK,
      following: { comm: ATTACK, pid: 3 },
      couldNotLook: [{ code: "x", what: ATTACK, why: ATTACK, remedy: ATTACK }],
      source: "proc",
    });
    for (const columns of [40, 80, 200]) {
      const state = { ...BEGINNING, filter: "TMP" };
      const all = [...screen(table, columns), ...screen(table, columns, 24, state)].join("\n");
      expect(all).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      expect(all).toContain(String.raw`\x1b]52`);
      const plain = plainTable(ENGLISH, table, { columns, sorting: firstOrder("starts"), filter: "", rows: 20 });
      expect(plain).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    }
  });

  it("holds for any name and any width", () => {
    fc.assert(
      fc.property(
        hostile,
        hostile,
        fc.integer({ min: 20, max: 220 }),
        fc.integer({ min: 5, max: 60 }),
        (a, b, columns, rows) => {
          const row = topRow({
            program: { exe: a, comm: b, bits: 32, mountNamespace: null },
            container: { name: b, pidNamespace: a },
          });
          const lines = screen(topTable([row], { hostname: b }), columns, rows, {
            ...BEGINNING,
            filter: a,
            typing: true,
          });
          expect(lines).toHaveLength(rows);
          for (const text of lines) {
            expect(displayWidth(text as Safe)).toBeLessThan(columns);
            expect(text).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("is never blank: before the first numbers, on a quiet host, when nothing matches, in a tiny terminal", () => {
    expect(screen(null, 80).join()).toContain("first numbers come after 1");
    expect(screen(topTable([]), 80).join()).toContain("No process was started");
    expect(screen(topTable([CHAIN]), 80, 24, { ...BEGINNING, filter: "cron" }).join("\n")).toContain(
      "None of 1 rows holds cron",
    );
    expect(screen(topTable([], { following: { comm: "x", pid: null } }), 100).join()).toContain("t shows all");
    expect(screen(topTable([CHAIN]), 10, 3)[0]).not.toBe("");
  });

  it("says what /proc cannot tell, and loss before everything else", () => {
    const gap = { code: "tracefs.no-root", what: "kernel events", why: "only root may", remedy: "sudo whoforks top" };
    const table = topTable([CHAIN], {
      source: "proc",
      forksPerSecond: 12,
      tasksPerSecond: 8400,
      lost: null,
      couldNotLook: [gap],
    });
    const text = screen(table, 80).join(" ");
    expect(text).toContain("8,400 forks/s");
    expect(text).toMatch(/No kernel events \(only root may\).*12 of 8,400 new tasks a second.*sudo whoforks top/);
    expect(text).not.toContain("none lost");
    expect(screen(topTable([CHAIN], { lost: 7 }), 80)[1]).toMatch(/^⚠ 7 LOST/);
  });

  it("keeps the selected row on the screen among many", () => {
    const rows = Array.from({ length: 200 }, (_, at) => topRow({ key: `k${at}`, startsPerSecond: 1000 - at }));
    const state: TopState = { ...BEGINNING, selected: { key: "k150", place: 0 } };
    const shown = tableScreen(ENGLISH, state, topTable(rows), { columns: 80, rows: 24 }, 1);
    expect(shown.selected?.key).toBe("k150");
    expect(shown.lines.filter(({ style }) => style === "selected")).toHaveLength(1);
    expect(shown.lines.find(({ style }) => style === "selected")?.text).toContain("850");
  });

  it("shows texts in pages and the help in both languages", () => {
    for (const language of LANGUAGES) {
      const voice: Voice = { language, unicode: true, nameLimit: 60 };
      const lines = helpLines(voice, 60);
      for (const text of lines) expect(displayWidth(text)).toBeLessThan(60);
      const { lines: page } = pagerScreen(voice, { kind: "help", lines, from: 3 }, { columns: 60, rows: 10 });
      expect(page).toHaveLength(10);
      expect(page[0]).toBe(lines[3]);
    }
    expect(workingScreen(ENGLISH, "working" as Safe, { columns: 60, rows: 10 })).toHaveLength(10);
  });
});

describe("columns", () => {
  it("give way to those that matter more, and names get the rest", () => {
    const ids = (width: number): string[] => placed(width, new Set()).map(({ id }) => id);
    expect(ids(199)).toEqual([...COLUMNS]);
    expect(ids(58)).toEqual(["starts", "life", "failed", "signalled", "cpu", "program", "spawner"]);
    expect(ids(25)).toEqual(["starts", "program"]);
    for (let width = 20; width < 250; width++) {
      const columns = placed(width, new Set(["container"]));
      expect(columns.reduce((sum, column) => sum + column.width + 1, -1)).toBeLessThanOrEqual(width);
    }
  });

  it("sort by each of them, with the unknown last either way", () => {
    const unknown = topRow({
      key: "u",
      medianLifeNs: null,
      cpus: null,
      reapers: [],
      spawner: null,
      ends: { ...CHAIN.ends, total: 0 },
    });
    const rows: TopRow[] = [unknown, CHAIN, topRow()];
    for (const by of ["life", "cpu", "reaper", "ok"] as const)
      for (const descending of [true, false]) expect(arranged(rows, { by, descending }, "").at(-1)?.key).toBe("u");
    expect(arranged(rows, firstOrder("program"), "").map((row) => row.program.comm)).toEqual([
      "atd",
      "worker",
      "worker",
    ]);
    expect(arranged(rows, firstOrder("cpu"), "").map((row) => row.cpus)).toEqual([1.32, 0.62, null]);
  });

  it("filter by any name, literally", () => {
    const rows = [CHAIN, topRow()];
    expect(arranged(rows, firstOrder("starts"), "ATD")).toEqual([CHAIN]);
    expect(arranged(rows, firstOrder("starts"), "3f2a9c")).toEqual([CHAIN]);
    expect(arranged(rows, firstOrder("starts"), "superd")).toHaveLength(1);
    expect(arranged(rows, firstOrder("starts"), "(.*)+$")).toEqual([]);
  });

  it.each([
    [950, "950ns"],
    [111_000, "111µs"],
    [999_600, "1ms"],
    [12_340_000, "12.3ms"],
    [3_020_000_000, "3.02s"],
    [126e9, "2.1min"],
    [3 * 3600e9, "3h"],
    [4.1 * 86_400e9, "4.1d"],
  ])("%d ns is %s", (ns, text) => {
    expect(duration(ns)).toBe(text);
    expect(displayWidth(duration(ns))).toBeLessThanOrEqual(6);
  });
});

describe("JSON", () => {
  it("has the shape that docs/top.md tells, and what is not known is null", () => {
    const result = topResult(topTable([CHAIN, topRow()]), "1.2.3") as Record<string, unknown> & { rows: object[] };
    expect(result).toMatchObject({
      schema: "whoforks/top/1",
      tool: { name: "whoforks", version: "1.2.3" },
      time: "2026-03-04T14:02:11.000Z",
      source: "tracefs",
      forksPerSecond: 9050,
      seenPerSecond: null,
      eventsLost: 0,
      rowsLeftOut: 0,
    });
    expect(result.rows[0]).toEqual({
      program: { exe: "/usr/bin/atd", comm: "atd", bits: 32 },
      spawner: null,
      startsPerSecond: 8620,
      copiesShare: 1,
      endsPerSecond: 8620,
      medianLifeMs: 0.111,
      exits: { ok: 43_100, failed: 0, signalled: 0, unknown: 0 },
      cpus: 1.32,
      cpusBound: "upper",
      alive: 1,
      reaper: { pid: 22_423, comm: "init" },
      container: { name: "3f2a9c1d8e7b", pidNamespace: "pid:[4026532301]" },
    });
    const proc = topResult(topTable([CHAIN], { source: "proc" }), "1") as Record<string, unknown>;
    expect(proc).toMatchObject({
      forksPerSecond: null,
      exitsPerSecond: null,
      seenPerSecond: 9050,
      tasksPerSecond: 9060,
    });
  });
});
