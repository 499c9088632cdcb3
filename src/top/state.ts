import type { Safe } from "../report/text/sanitise.ts";
import { COLUMNS, firstOrder, type Sorting } from "./order.ts";
import type { TopTable } from "./table.ts";

/** A text in pages: a diagnosis, an identity, the help. Its lines are safe to print and may hold our own colour codes. */
export interface Pager {
  kind: "diagnosis" | "identity" | "help";
  lines: readonly string[];
  /** First line shown. */
  from: number;
}

/** What somebody who looks at the table has chosen. */
export interface TopState {
  sorting: Sorting;
  filter: string;
  /** The filter is being typed. */
  typing: boolean;
  /** The table as it was when the view was frozen. */
  frozen: TopTable | null;
  /** Key of the selected row, and its place when it was last seen. */
  selected: { key: string | null; place: number };
  pager: Pager | null;
  /** A diagnosis under way: a line about how far it is. */
  working: Safe | null;
}

export const BEGINNING: TopState = {
  sorting: firstOrder("starts"),
  filter: "",
  typing: false,
  frozen: null,
  selected: { key: null, place: 0 },
  pager: null,
  working: null,
};

/** A key as a terminal gives it: text, or the name of a key that has none. */
export interface Key {
  text: string;
  name?: "up" | "down" | "left" | "right" | "pageup" | "pagedown" | "home" | "end" | "enter" | "escape" | "erase";
  ctrl: boolean;
}

/** What a key asks for beyond another look at the same table. */
export type Wish =
  "quit" | "interrupt" | "suspend" | "redraw" | "tree" | "whole-host" | "diagnose" | "identify" | "help" | "cancel";

/** What is on the screen when a key is pressed. */
export interface Shown {
  /** Keys of the rows in their order. */
  keys: readonly string[];
  /** Rows, or lines of a text, on the screen. */
  page: number;
  table: TopTable | null;
}

export interface Answer {
  state: TopState;
  wish: Wish | null;
}

const LONGEST_FILTER = 64;

/** What a key does. */
export function press(state: TopState, key: Key, shown: Shown): Answer {
  const anywhere = control(state, key);
  if (anywhere !== null) return anywhere;
  if (state.working !== null)
    return key.name === "escape" || key.text === "q" ? { state, wish: "cancel" } : same(state);
  if (state.pager !== null) return inPager(state, state.pager, key, shown.page);
  if (state.typing) return typed(state, key);
  return inTable(state, key, shown);
}

function control(state: TopState, key: Key): Answer | null {
  if (!key.ctrl) return null;
  const wish: Wish | undefined = ({ c: "interrupt", z: "suspend", l: "redraw" } as const)[key.text];
  return wish === undefined ? same(state) : { state, wish };
}

function typed(state: TopState, key: Key): Answer {
  if (key.name === "enter") return same({ ...state, typing: false });
  if (key.name === "escape") return same({ ...state, typing: false, filter: "" });
  if (key.name === "erase") return same({ ...state, filter: Array.from(state.filter).slice(0, -1).join("") });
  if (key.name !== undefined) return same(state);
  // Pasted text may hold anything; control characters are no part of a name that somebody looks for.
  const added = key.text.replace(/\p{Cc}/gu, "");
  return same({
    ...state,
    filter: Array.from(state.filter + added)
      .slice(0, LONGEST_FILTER)
      .join(""),
  });
}

function inPager(state: TopState, pager: Pager, key: Key, page: number): Answer {
  if (key.text === "q" || key.name === "escape" || key.name === "enter") return same({ ...state, pager: null });
  const last = Math.max(0, pager.lines.length - page);
  const moved = move(key, pager.from, last, page);
  return same({ ...state, pager: { ...pager, from: moved } });
}

function inTable(state: TopState, key: Key, shown: Shown): Answer {
  const digit = /^[0-9]$/.test(key.text) ? COLUMNS[(Number(key.text) + 9) % 10] : undefined;
  if (digit !== undefined) return same({ ...state, sorting: firstOrder(digit) });
  if (key.name === "left" || key.text === "<") return same(sortedBy(state, -1));
  if (key.name === "right" || key.text === ">") return same(sortedBy(state, 1));
  if (key.name === "enter") return { state, wish: "identify" };
  if (key.name === "escape") return same({ ...state, filter: "" });
  switch (key.text) {
    case "q":
      return { state, wish: "quit" };
    case "h":
    case "?":
      return { state, wish: "help" };
    case "/":
      return same({ ...state, typing: true });
    case "r":
      return same({ ...state, sorting: { ...state.sorting, descending: !state.sorting.descending } });
    case " ":
      return same({ ...state, frozen: state.frozen === null ? shown.table : null });
    case "t":
      return {
        state: { ...state, frozen: null },
        wish: (shown.table?.following ?? null) === null ? "tree" : "whole-host",
      };
    case "d":
      return { state, wish: "diagnose" };
    case "i":
      return { state, wish: "identify" };
    default:
      return same(select(state, key, shown));
  }
}

function sortedBy(state: TopState, step: number): TopState {
  const at = COLUMNS.indexOf(state.sorting.by) + step;
  const by = COLUMNS[Math.max(0, Math.min(COLUMNS.length - 1, at))] ?? "starts";
  return by === state.sorting.by ? state : { ...state, sorting: firstOrder(by) };
}

function select(state: TopState, key: Key, { keys, page }: Shown): TopState {
  const now = placeOf(state, keys);
  const place = move(key, now, Math.max(0, keys.length - 1), page);
  if (place === now) return state;
  return { ...state, selected: { key: keys[place] ?? null, place } };
}

/** Where the selected row is now; where it was when it is gone. */
export function placeOf({ selected }: TopState, keys: readonly string[]): number {
  const at = selected.key === null ? -1 : keys.indexOf(selected.key);
  return at >= 0 ? at : Math.max(0, Math.min(selected.place, keys.length - 1));
}

function move(key: Key, from: number, last: number, page: number): number {
  const steps = { up: -1, down: 1, pageup: -page, pagedown: page, home: -last, end: last } as const;
  const named = key.name === undefined ? undefined : (steps as Partial<Record<string, number>>)[key.name];
  const step = named ?? { k: -1, j: 1, g: -last, G: last }[key.text] ?? 0;
  return Math.max(0, Math.min(last, from + step));
}

function same(state: TopState): Answer {
  return { state, wish: null };
}
