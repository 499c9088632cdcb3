import { describe, expect, it } from "vitest";
import { COLUMNS } from "../../../src/top/order.ts";
import { BEGINNING, placeOf, press, type Answer, type Key, type Shown, type TopState } from "../../../src/top/state.ts";
import { CHAIN, topRow, topTable } from "./samples.ts";

const table = topTable([CHAIN, topRow()]);
const shown: Shown = { keys: ["a", "b", "c", "d", "e"], page: 3, table };

function text(characters: string): Key[] {
  return Array.from(characters, (one) => ({ text: one, ctrl: false }));
}

function named(name: NonNullable<Key["name"]>): Key {
  return { text: "", name, ctrl: false };
}

function pressed(keys: readonly Key[], from: TopState = BEGINNING, on: Shown = shown): Answer {
  let answer: Answer = { state: from, wish: null };
  for (const key of keys) answer = press(answer.state, key, on);
  return answer;
}

describe("keys", () => {
  it("choose every column to sort by, and turn the order round", () => {
    for (const [at, by] of COLUMNS.entries()) {
      const right = Array.from({ length: at }, () => named("right"));
      expect(pressed(right).state.sorting.by).toBe(by);
      expect(pressed(text(">".repeat(at))).state.sorting.by).toBe(by);
    }
    expect(pressed(text("6")).state.sorting).toEqual({ by: "cpu", descending: true });
    expect(pressed(text("0")).state.sorting).toEqual({ by: "reaper", descending: false });
    expect(pressed(text("6r")).state.sorting).toEqual({ by: "cpu", descending: false });
    expect(pressed(text("<<")).state.sorting.by).toBe("starts");
    expect(pressed(text(">".repeat(40))).state.sorting.by).toBe("container");
  });

  it("type a filter, in which the letters of commands mean themselves and controls nothing", () => {
    const typing = pressed(text("/qatd d\u0007\u001b[31m")).state;
    expect(typing).toMatchObject({ filter: "qatd d[31m", typing: true });
    expect(pressed([...text("/atdx"), named("erase"), named("enter")]).state).toMatchObject({
      filter: "atd",
      typing: false,
    });
    expect(pressed([...text("/atd"), named("escape")]).state).toMatchObject({ filter: "", typing: false });
    expect(pressed([...text("/atd"), named("enter"), named("escape")]).state.filter).toBe("");
    expect(Array.from(pressed(text(`/${"名".repeat(500)}`)).state.filter)).toHaveLength(64);
  });

  it("select rows, and stay with a row that moves", () => {
    const third = pressed(text("jj")).state;
    expect(third.selected).toEqual({ key: "c", place: 2 });
    expect(placeOf(third, ["c", "a", "b"])).toBe(0);
    expect(placeOf(third, ["x", "y", "z", "w"])).toBe(2);
    expect(placeOf(third, ["x"])).toBe(0);
    expect(placeOf(third, [])).toBe(0);
    expect(pressed([named("end")]).state.selected.key).toBe("e");
    expect(pressed([named("end"), named("pageup")]).state.selected.key).toBe("b");
    expect(pressed([named("pagedown"), named("home"), named("up")]).state.selected.place).toBe(0);
  });

  it("freeze and go on", () => {
    const frozen = pressed(text(" ")).state;
    expect(frozen.frozen).toBe(table);
    expect(pressed(text(" "), frozen).state.frozen).toBeNull();
    expect(pressed(text(" "), BEGINNING, { ...shown, table: null }).state.frozen).toBeNull();
  });

  it("ask for what is beyond the table", () => {
    expect(pressed(text("q")).wish).toBe("quit");
    expect(pressed(text("d")).wish).toBe("diagnose");
    expect(pressed(text("i")).wish).toBe("identify");
    expect(pressed([named("enter")]).wish).toBe("identify");
    expect(pressed(text("?")).wish).toBe("help");
    expect(pressed(text("t")).wish).toBe("tree");
    const following = { ...table, following: { comm: "init", pid: 1 } };
    expect(pressed(text("t"), BEGINNING, { ...shown, table: following }).wish).toBe("whole-host");
  });

  it("interrupt, suspend and redraw from everywhere", () => {
    const pager = { kind: "help", lines: ["x"], from: 0 } as const;
    const states = [BEGINNING, { ...BEGINNING, typing: true }, { ...BEGINNING, pager }];
    for (const state of states) {
      expect(press(state, { text: "c", ctrl: true }, shown).wish).toBe("interrupt");
      expect(press(state, { text: "z", ctrl: true }, shown).wish).toBe("suspend");
      expect(press(state, { text: "l", ctrl: true }, shown).wish).toBe("redraw");
    }
  });

  it("scroll a text within its bounds and leave it", () => {
    const pager = { kind: "help", lines: Array.from({ length: 10 }, String), from: 0 } as const;
    const reading = { ...BEGINNING, pager };
    expect(pressed(text("jj"), reading).state.pager?.from).toBe(2);
    expect(pressed([named("end")], reading).state.pager?.from).toBe(7);
    expect(
      pressed([named("pagedown"), named("pagedown"), named("pagedown"), named("pagedown")], reading).state.pager?.from,
    ).toBe(7);
    for (const leaving of [named("escape"), named("enter"), ...text("q")])
      expect(pressed([leaving], reading)).toMatchObject({ state: { pager: null }, wish: null });
  });
});
