import * as fs from "node:fs";
import { fromBytes, type Untrusted } from "../../model/text.ts";
import { reasonOf } from "../../platform/errno.ts";
import { fileSource } from "../../platform/file-source.ts";
import type { Root } from "../../platform/root.ts";
import { SqliteFile, type Value } from "../../platform/sqlite/database.ts";
import { Transactions } from "../logs/transactions.ts";
import { Telling } from "../told.ts";
import type { Question, Source } from "../types.ts";

/** Histories of dnf 4 and of dnf 5, and the folder of yum's, one for each day that a new one was begun. */
const DNF = ["/var/lib/dnf/history.sqlite", "/usr/lib/sysimage/libdnf5/transaction_history.sqlite"];
const YUM = "/var/lib/yum/history";
const MOST_ROWS = 500_000;

/** libdnf 4 libdnf/transaction/Types.hpp, TransactionItemAction; dnf 5 keeps the names of its own in the database. */
const ACTIONS = [
  "",
  "install",
  "downgrade",
  "downgraded",
  "obsolete",
  "obsoleted",
  "upgrade",
  "upgraded",
  "remove",
  "reinstall",
  "reinstalled",
];
/** The older of two versions, which the newer one's row tells of. */
const REPLACED = new Set([
  "downgraded",
  "obsoleted",
  "upgraded",
  "reinstalled",
  "replaced",
  "updated",
  "reason change",
]);

/** One package in one transaction. */
interface Item {
  ms: number;
  action: string;
  name: Untrusted;
  version: Untrusted;
  transaction: number;
}

interface Run {
  ms: number;
  end: number | null;
  command: Untrusted | null;
  user: number | null;
}

/** The transactions that dnf and yum keep in databases: packages, the command, and as whom it was given. */
export const dnfHistory: Source = {
  id: "dnf-history",
  async look(question) {
    const telling = new Telling(this.id, question);
    const files = [...DNF, ...yumFiles(question.root, telling)];
    for (const path of files) {
      try {
        lookInto(question, telling, path);
      } catch (error) {
        telling.gap("origin.unreadable", path, reasonOf(error));
      }
    }
    return telling.files.length > 0 || telling.gaps.length > 0 ? telling.end() : null;
  },
};

function yumFiles(root: Root, telling: Telling): Untrusted[] {
  try {
    const names = (root.list(YUM) ?? []).filter((name) => /^history-\d{4}-\d\d-\d\d\.sqlite$/.test(name));
    return names.slice(-100).map((name) => `${YUM}/${name}`);
  } catch (error) {
    telling.gap("origin.unreadable", YUM, reasonOf(error));
    return [];
  }
}

function lookInto(question: Question, telling: Telling, path: Untrusted): void {
  const fd = question.root.open(path);
  if (fd === null) return;
  const log = question.root.open(`${path}-wal`);
  try {
    telling.files.push(path);
    const bytes = (from: number) => {
      const read = fileSource(from);
      return (offset: number, length: number) => Buffer.from(read(offset, length));
    };
    const database = SqliteFile.open(bytes(fd), log === null ? null : bytes(log));
    if (database === null) return telling.skip({ file: path, at: "byte 0", quote: null }, "no SQLite database");
    const { runs, items } = path.startsWith(YUM) ? yum(database) : dnf(database);
    for (const damage of database.damaged.slice(0, 3)) telling.skip({ file: path, at: damage, quote: null }, "damaged");
    tell(question, telling, path, runs, items);
  } finally {
    fs.closeSync(fd);
    if (log !== null) fs.closeSync(log);
  }
}

function tell(
  { packages, moments }: Question,
  telling: Telling,
  path: Untrusted,
  runs: ReadonlyMap<number, Run>,
  items: readonly Item[],
): void {
  const others = new Transactions(telling, moments);
  const place = (transaction: number) => ({ file: path, at: `transaction ${transaction}`, quote: null });
  telling.nextFile();
  for (const [number, { ms, end, command, user }] of runs) {
    if (!telling.record(ms, place(number), true) || !moments.near(ms) || command === null) continue;
    telling.event(ms, "around", "origin.manager-run", { command, user }, place(number), end);
  }
  for (const { ms, action, name, version, transaction } of items) {
    if (REPLACED.has(action)) continue;
    const args = { action, package: name, version };
    if (packages.includes(name)) telling.event(ms, "package", "origin.package-action", args, place(transaction));
    else others.add(ms, name, place(transaction));
  }
  others.end();
}

/** Tables `trans`, `trans_item` and `rpm` (libdnf/sql, dnf5 libdnf5/transaction/db). */
function dnf(database: SqliteFile): { runs: Map<number, Run>; items: Item[] } {
  const runs = new Map<number, Run>();
  for (const row of database.records("trans", MOST_ROWS)) {
    const [id, begin, end] = [numberOf(row, "id"), numberOf(row, "dt_begin"), numberOf(row, "dt_end")];
    if (id === null || begin === null) continue;
    const command = textOf(row, "cmdline") ?? textOf(row, "description");
    const user = numberOf(row, "user_id");
    runs.set(id, { ms: begin * 1000, end: end === null ? null : end * 1000, command, user });
  }
  const names = idsOf(database, "pkg_name");
  const actions = idsOf(database, "trans_item_action");
  const packages = new Map<number, { name: Untrusted; version: Untrusted }>();
  for (const row of database.records("rpm", MOST_ROWS)) {
    const item = numberOf(row, "item_id");
    const name = textOf(row, "name") ?? names.get(numberOf(row, "name_id") ?? -1);
    const version = `${textOf(row, "version") ?? "?"}-${textOf(row, "release") ?? "?"}`;
    if (item !== null && name !== undefined) packages.set(item, { name, version });
  }
  const items: Item[] = [];
  for (const row of database.records("trans_item", MOST_ROWS)) {
    const transaction = numberOf(row, "trans_id");
    const run = transaction === null ? undefined : runs.get(transaction);
    const found = packages.get(numberOf(row, "item_id") ?? -1);
    if (transaction === null || run === undefined || found === undefined) continue;
    const id = numberOf(row, "action_id") ?? -1;
    const action = (actions.get(id) ?? ACTIONS[numberOf(row, "action") ?? 0] ?? "").toLowerCase();
    if (action !== "") items.push({ ms: run.ms, action, ...found, transaction });
  }
  return { runs, items };
}

/** Tables `trans_beg`, `trans_end`, `trans_cmdline`, `trans_data_pkgs` and `pkgtups` (yum/history.py). */
function yum(database: SqliteFile): { runs: Map<number, Run>; items: Item[] } {
  const runs = new Map<number, Run>();
  for (const row of database.records("trans_beg", MOST_ROWS)) {
    const [id, begin] = [numberOf(row, "tid"), numberOf(row, "timestamp")];
    if (id === null || begin === null) continue;
    runs.set(id, { ms: begin * 1000, end: null, command: null, user: numberOf(row, "loginuid") });
  }
  for (const row of database.records("trans_end", MOST_ROWS)) {
    const run = runs.get(numberOf(row, "tid") ?? -1);
    const end = numberOf(row, "timestamp");
    if (run !== undefined && end !== null) run.end = end * 1000;
  }
  for (const row of database.records("trans_cmdline", MOST_ROWS)) {
    const run = runs.get(numberOf(row, "tid") ?? -1);
    if (run !== undefined) run.command = textOf(row, "cmdline");
  }
  const packages = new Map<number, { name: Untrusted; version: Untrusted }>();
  for (const row of database.records("pkgtups", MOST_ROWS)) {
    const [id, name] = [numberOf(row, "pkgtupid"), textOf(row, "name")];
    const version = `${textOf(row, "version") ?? "?"}-${textOf(row, "release") ?? "?"}`;
    if (id !== null && name !== null) packages.set(id, { name, version });
  }
  const items: Item[] = [];
  for (const row of database.records("trans_data_pkgs", MOST_ROWS)) {
    const transaction = numberOf(row, "tid");
    const run = transaction === null ? undefined : runs.get(transaction);
    const found = packages.get(numberOf(row, "pkgtupid") ?? -1);
    if (transaction === null || run === undefined || found === undefined) continue;
    // `Dep-Install`, `True-Install`: why it was installed does not matter here.
    const action = (textOf(row, "state") ?? "").replace(/^(?:Dep|True)-/, "").toLowerCase();
    items.push({ ms: run.ms, action, ...found, transaction });
  }
  return { runs, items };
}

function idsOf(database: SqliteFile, table: string): Map<number, Untrusted> {
  const names = new Map<number, Untrusted>();
  for (const row of database.records(table, MOST_ROWS)) {
    const [id, name] = [numberOf(row, "id"), textOf(row, "name")];
    if (id !== null && name !== null) names.set(id, name);
  }
  return names;
}

function numberOf(row: ReadonlyMap<string, Value>, column: string): number | null {
  const value = row.get(column);
  return typeof value === "number" ? value : null;
}

function textOf(row: ReadonlyMap<string, Value>, column: string): Untrusted | null {
  const value = row.get(column);
  return Buffer.isBuffer(value) ? fromBytes(value) : null;
}
