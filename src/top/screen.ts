import { say } from "../report/text/catalogue/index.ts";
import { join, line, type Safe } from "../report/text/sanitise.ts";
import { name, type Voice } from "../report/text/voice.ts";
import { wrap } from "../report/text/width.ts";
import { container, programName } from "./cells.ts";
import { columnsFor, fitted, inOneLine, rowLine, summary, tenths, titles, type StyledLine } from "./lines.ts";
import { arranged } from "./order.ts";
import { placeOf, type TopState } from "./state.ts";
import type { TopRow, TopTable } from "./table.ts";

/** Columns and rows of the terminal. */
export interface Size {
  columns: number;
  rows: number;
}

/** What is to be seen now: at most as many lines as the terminal has, none wider than it. */
export interface TopScreen {
  lines: StyledLine[];
  /** All rows that pass the filter, in their order. */
  rows: TopRow[];
  selected: TopRow | null;
  /** Rows that fit on the screen. */
  page: number;
}

/** With fewer rows than this the table needs them all. */
const ROOM_FOR_DETAILS = 14;
const DETAILS = 3;

/** The table as a screen. `first` is when the first numbers come, seconds; it matters while there is no table. */
export function tableScreen(
  voice: Voice,
  state: TopState,
  table: TopTable | null,
  size: Size,
  first: number,
): TopScreen {
  const width = Math.max(1, size.columns - 1);
  if (size.rows < 5 || size.columns < 20)
    return {
      lines: [plain(fitted(voice, say(voice, "top.terminal-small"), width))],
      rows: [],
      selected: null,
      page: 1,
    };
  const footer = keysLine(voice, state, width);
  if (table === null) {
    const lines: StyledLine[] = [{ text: say(voice, "top.title"), style: "title" }];
    lines.push(...wrap(say(voice, "top.waiting", { seconds: first }), width).map(plain));
    return { lines: toBottom(lines, [footer], size.rows), rows: [], selected: null, page: 1 };
  }
  const rows = arranged(table.rows, state.sorting, state.filter);
  const head = [...title(voice, state, table, rows.length, width), ...summary(voice, table, width)];
  const details = size.rows >= ROOM_FOR_DETAILS ? DETAILS : 0;
  const page = Math.max(1, size.rows - head.length - 1 - details - 1);
  const place = placeOf(
    state,
    rows.map((row) => row.key),
  );
  const selected = rows[place] ?? null;
  const from = Math.max(0, Math.min(place - Math.floor(page / 2), rows.length - page));
  const columns = columnsFor(table.rows, width - 1);
  const body = rows.slice(from, from + page).map((row, at): StyledLine => {
    const chosen = from + at === place;
    const mark = chosen ? line`>` : line` `;
    return { text: line`${mark}${rowLine(voice, columns, row)}`, style: chosen ? "selected" : "plain" };
  });
  const lines = [
    ...head,
    { text: line` ${titles(voice, columns, state.sorting)}`, style: "columns" as const },
    ...(body.length > 0 ? body : nothing(voice, state, table, width)),
  ];
  const about = selected === null || details === 0 ? [] : detailsOf(voice, selected, width);
  return { lines: toBottom(lines, [...about, footer], size.rows), rows, selected, page };
}

function plain(text: Safe): StyledLine {
  return { text, style: "plain" };
}

function title(voice: Voice, state: TopState, table: TopTable, shown: number, width: number): StyledLine[] {
  const { hostname, source, seconds, following, own } = table;
  const clock = new Date(table.epochMs).toISOString().slice(11, 19) as Safe;
  const facts = [
    ...(state.frozen === null ? [] : [say(voice, "top.frozen")]),
    say(voice, "top.title"),
    ...(state.filter !== "" || state.typing ? [filterWords(voice, state)] : []),
    ...(following === null ? [] : [say(voice, "top.following", { ...following })]),
    say(voice, "top.own", { cpus: own.cpus, bytes: own.rssBytes }),
    name(voice, hostname),
    line`${clock} UTC`,
    say(voice, "top.source", { source, seconds: tenths(seconds) }),
    say(voice, "top.rows", { shown, all: table.rows.length }),
  ];
  const style = state.frozen === null ? "title" : "warning";
  return [{ text: inOneLine(voice, facts, width), style }];
}

function filterWords(voice: Voice, { filter, typing }: TopState): Safe {
  const words = say(voice, "top.filter", { filter });
  return typing ? line`${words}_` : words;
}

function nothing(voice: Voice, state: TopState, table: TopTable, width: number): StyledLine[] {
  const seconds = tenths(table.seconds);
  const all = table.rows.length;
  const text =
    all > 0
      ? say(voice, "top.nothing-matches", { all, filter: state.filter })
      : say(voice, table.following === null ? "top.nothing" : "top.nothing-in-tree", { seconds });
  return wrap(text, width).map(plain);
}

/** Everything about one row that its columns have no room for. */
function detailsOf(voice: Voice, row: TopRow, width: number): StyledLine[] {
  const wide: Voice = { ...voice, nameLimit: Math.max(24, width - 20) };
  const { program, spawner, copies, reapers } = row;
  const [reaper] = reapers;
  const inside = row.container === null ? null : container(wide, row.container);
  const by =
    copies >= 0.5
      ? say(wide, "top.detail.copies", { share: copies, spawner: spawner?.exe ?? spawner?.comm ?? null })
      : spawner === null
        ? null
        : say(wide, "top.detail.spawner", { spawner: spawner.exe ?? `(${spawner.comm})`, pid: spawner.pid });
  const facts: Safe[][] = [
    [
      line`${programName(wide, program)}${program.bits === null ? line`` : line`, ${program.bits}-bit`}`,
      ...(inside === null ? [] : [inside]),
    ],
    [
      ...(by === null ? [] : [by]),
      ...(reaper === undefined ? [] : [say(wide, "top.detail.reaper", { reaper: reaper.comm, pid: reaper.pid })]),
    ],
    [cpuWords(voice, row), say(voice, "top.detail.ends", { ends: row.endsPerSecond })],
  ];
  return facts.map((of) => ({ text: inOneLine(voice, of.length === 0 ? [line``] : of, width), style: "dim" as const }));
}

function cpuWords(voice: Voice, { cpus, cpusBound }: TopRow): Safe {
  if (cpus === null) return say(voice, "top.detail.cpu-unknown");
  const codes = { exact: "top.detail.cpu", upper: "top.detail.cpu-upper", lower: "top.detail.cpu-lower" } as const;
  return say(voice, codes[cpusBound ?? "upper"], { cpus });
}

function keysLine(voice: Voice, state: TopState, width: number): StyledLine {
  const codes = state.typing
    ? (["top.keys.typing"] as const)
    : ([
        "top.keys.quit",
        "top.keys.help",
        "top.keys.filter",
        "top.keys.sort",
        "top.keys.freeze",
        "top.keys.tree",
        "top.keys.diagnose",
        "top.keys.identify",
      ] as const);
  return {
    text: pieces(
      voice,
      codes.map((code) => say(voice, code)),
      width,
    ),
    style: "dim",
  };
}

/** Keys side by side; those that do not fit are in the help. */
function pieces(voice: Voice, words: readonly Safe[], width: number): Safe {
  let shown = fitted(voice, words[0] ?? line``, width);
  for (const word of words.slice(1)) {
    const longer = join([shown, word], line`  `);
    if (longer.length <= width && fitted(voice, longer, width) === longer) shown = longer;
  }
  return shown;
}

/** The last lines stand at the bottom, whatever is above them. */
function toBottom(lines: readonly StyledLine[], last: readonly StyledLine[], rows: number): StyledLine[] {
  const room = Math.max(0, rows - last.length);
  const above = lines.slice(0, room);
  const blank = Array.from({ length: room - above.length }, () => plain(line``));
  return [...above, ...blank, ...last].slice(0, rows);
}

/** A page of a text, under a title and above the keys. Its lines may hold our own colour codes, so they are taken as they are. */
export function pagerScreen(
  voice: Voice,
  pager: NonNullable<TopState["pager"]>,
  size: Size,
): { lines: (StyledLine | string)[]; page: number } {
  const width = Math.max(1, size.columns - 1);
  const page = Math.max(1, size.rows - 1);
  const shown = pager.lines.slice(pager.from, pager.from + page);
  const footer: StyledLine = {
    text: pieces(voice, [say(voice, "top.keys.back"), say(voice, "top.keys.scroll"), position(pager, page)], width),
    style: "dim",
  };
  return { lines: [...shown, ...Array.from({ length: page - shown.length }, () => ""), footer], page };
}

function position({ lines, from }: NonNullable<TopState["pager"]>, page: number): Safe {
  return line`${Math.min(from + 1, lines.length)}-${Math.min(from + page, lines.length)}/${lines.length}`;
}

/** While something takes its time: a line about it, and how to stop it. */
export function workingScreen(voice: Voice, working: Safe, size: Size): StyledLine[] {
  const width = Math.max(1, size.columns - 1);
  const title: StyledLine = { text: fitted(voice, say(voice, "top.diagnosing"), width), style: "title" };
  const footer: StyledLine = { text: fitted(voice, say(voice, "top.keys.cancel"), width), style: "dim" };
  return toBottom([title, ...wrap(working, width).map(plain)], [footer], size.rows);
}

/** The keys and the columns, explained. */
export function helpLines(voice: Voice, columns: number): Safe[] {
  const width = Math.max(20, columns - 1);
  const keys = [
    "top.help.select",
    "top.help.sort",
    "top.help.filter",
    "top.help.freeze",
    "top.help.tree",
    "top.help.diagnose",
    "top.help.identify",
    "top.help.redraw",
  ] as const;
  const meanings = [
    "top.help.starts",
    "top.help.life",
    "top.help.exits",
    "top.help.cpu",
    "top.help.alive",
    "top.help.by",
  ] as const;
  const lines = (codes: readonly ((typeof keys)[number] | (typeof meanings)[number])[]): Safe[] =>
    codes.flatMap((code) =>
      wrap(say(voice, code), width - 4).map((text, at) => line`${at === 0 ? line`  ` : line`    `}${text}`),
    );
  return [
    say(voice, "top.help.title"),
    ...lines(keys),
    line``,
    say(voice, "top.help.title-columns"),
    ...lines(meanings),
  ];
}
