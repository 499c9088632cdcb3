import { readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuditEvent } from "../../src/formats/audit/events/event.ts";
import { asCsv, csv, type CsvEvent } from "../support/ausearch-csv.ts";
import { explanation } from "../support/ausearch-differences.ts";
import { compare, interpreted, ownEvents } from "../support/ausearch.ts";
import { expectNothingLeft, needs, obstacle, OwnAuditd, run, UID } from "./own-auditd.ts";

/**
 * A log as a host writes it within a day, recorded by a real auditd: sessions of su and runuser, accounts made and deleted, cron, sudo,
 * ssh and services as their programs tell them, watched files, opens that fail, sockets of every family, filters, crashes, rules
 * that come and go. Every field is set beside `ausearch -i`, every event beside `ausearch --format csv`, every sum beside aureport.
 */
const KEY = "whoforks-test-day";
const CALLS =
  "execve,execveat,connect,bind,sendto,rename,renameat,renameat2,unlink,unlinkat,mkdir,rmdir,link,linkat,symlink,symlinkat,kill,ptrace,mount,umount2,setsockopt";
const FILES = ["audit-mix.c", "audit-day.c"];

let auditd: OwnAuditd | null = null;
let why: string | null = null;
let events: AuditEvent[] = [];
let lines: string[] = [];
let said = "";

beforeAll(async () => {
  why = obstacle();
  if (why !== null) return;
  auditd = await OwnAuditd.start(KEY, "ENRICHED", CALLS);
  const { storm } = auditd;
  const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  for (const file of FILES) run("gcc", ["-w", "-o", join(storm, file.slice("audit-".length, -2)), here(file)]);
  writeFileSync(join(storm, "day.sh"), readFileSync(here("audit-day.sh")));
  const watched = join(storm, "watched");
  mkdirSync(watched);
  const session = ["-F", `auid=${UID}`];
  auditd.also("-F", "arch=b64", "-S", CALLS, ...session);
  for (const error of ["EACCES", "ENOENT"])
    auditd.also("-F", "arch=b64", "-S", "open,openat,creat", "-F", `exit=-${error}`, ...session);
  auditd.also("-F", `dir=${watched}`, "-F", "perm=wa", "-F", "key=watched");
  said = auditd.inOwnRoot("day.sh", UID, "/mnt");
  // Rules of a running system come and go, too.
  auditd.also("-F", "arch=b32", "-S", "swapon", ...session);
  run("auditctl", ["-d", "always,exit", "-F", "arch=b32", "-S", "swapon", ...session, "-k", KEY]);
  run("auditctl", ["-b", "8000"]);
  run("auditctl", ["-m", `op=test acct="bob" res=success`]);
  for (let i = 0; i < 300 && !readFileSync(auditd.log, "latin1").includes(`acct="bob"`); i++) await setTimeout(100);
  auditd.stop();
  const log = readFileSync(auditd.log);
  lines = log.toString("latin1").split("\n").slice(0, -1);
  events = await ownEvents(log);
}, 180_000);

afterAll(() => auditd?.remove());

/** Type of the record that stands first in the log of an event. */
function firstType({ line }: AuditEvent): string {
  return /^type=(\S+)/.exec(lines[line - 1] ?? "")?.[1] ?? "?";
}

/** Why a column of the CSV differs, as docs/events.md tells; null: it is to be looked at. */
function csvExplanation(column: keyof CsvEvent, ours: CsvEvent, theirs: CsvEvent): string | null {
  const { event } = theirs;
  if (column === "how") {
    if (event === "LOGIN") return theirs.how === "" ? "the program is in the record of the call" : null;
    if (event === "ANOM_ABEND") return /^SIG[A-Z]+$/.test(theirs.how) ? "the signal in place of the program" : null;
    if (event.startsWith("DAEMON_")) return /^(?:init|signal)$/.test(theirs.how) ? "who started or ended auditd" : null;
  }
  if (event === "LOGIN" && column === "prime") return theirs.prime === "system" ? "who it was before" : null;
  if (event === "USER_LOGIN" && column === "prime") return "the account that wants in, from the program's own words";
  if (event === "USER_LOGIN" && column === "second") return theirs.second === "" ? "it says none" : null;
  if (event === "SECCOMP" && column === "result")
    return theirs.result === "failed" && ours.result === "" ? "it takes every filter's action for a failure" : null;
  return null;
}

/** Sums of aureport: its option, what of an event it counts by, and whether it drops events with the address of an unnamed socket. */
const SUMS: [string, (event: AuditEvent) => string | string[] | null, boolean][] = [
  ["-x", ({ exe }) => exe, true],
  ["--comm", ({ comm }) => comm, true],
  ["-p", ({ pid }) => String(pid), false],
  // It does not know the call that a filter refused.
  ["-s", ({ syscall, records }) => (records[0]?.type === "SECCOMP" ? "unknown-syscall(-1)" : syscall), false],
  ["-e", firstType, false],
  ["-k", ({ keys }) => [...keys], false],
  ["-u", (event) => userOf(event), true],
];

/** It ends an event at a LOGIN record and makes another of the call, with the same time and serial number. */
function cutAtLogin(event: AuditEvent): AuditEvent[] {
  const login = event.records.filter(({ type }) => type === "LOGIN");
  if (login.length === 0) return [event];
  const rest = event.records.filter(({ type }) => type !== "LOGIN");
  return [
    { ...event, records: login, exe: null, comm: null, syscall: null, keys: [] },
    { ...event, records: rest, line: event.line + 1 },
  ];
}

function hasUnnamedAddress({ records }: AuditEvent): boolean {
  return records.some(({ type, raw }) => type === "SOCKADDR" && raw["saddr"] === "0100");
}

function userOf({ records }: AuditEvent): string | null {
  const user = records.map(({ fields }) => fields["auid"]).find((auid) => auid !== undefined);
  return user === undefined ? null : typeof user === "number" ? `unknown(${user})` : (user as string);
}

describe("the log of a day, beside ausearch", () => {
  it("holds what a day brings", (ctx) => {
    needs(ctx, why);
    const types = new Set(events.flatMap(({ records }) => records.map(({ type }) => type)));
    // Of the shell, about the child that is to crash.
    expect(said).toBe("Segmentation fault\n");
    for (const type of `SYSCALL EXECVE CWD PATH PROCTITLE SOCKADDR SECCOMP BPF LOGIN USER_AUTH USER_ACCT CRED_ACQ CRED_DISP USER_START
      USER_END USER_LOGIN USER_CMD USER_ERR USER_CHAUTHTOK ADD_USER DEL_USER ADD_GROUP DEL_GROUP SERVICE_START SERVICE_STOP SYSTEM_RUNLEVEL
      VIRT_CONTROL ROLE_ASSIGN CRYPTO_KEY_USER CONFIG_CHANGE DAEMON_START DAEMON_END ANOM_ABEND ANOM_PROMISCUOUS ANOM_LOGIN_FAILURES
      USER`.split(/\s+/))
      expect(types).toContain(type);
    const watched = events.filter(({ keys }) => keys.includes("watched"));
    const calls = new Set(watched.map(({ syscall }) => syscall));
    for (const call of ["openat", "fchmodat", "fchownat"]) expect(calls).toContain(call);
  });

  it("every field of every record is that of ausearch -i, or the difference is explained", (ctx) => {
    needs(ctx, why);
    const compared = compare(events, interpreted((auditd as OwnAuditd).log));
    expect(compared.unmatched).toEqual([]);
    expect(compared.records).toBe(lines.length);
    expect(compared.differences.filter((difference) => explanation(difference) === null)).toEqual([]);
  });

  it("every event is that of ausearch --format csv", (ctx) => {
    needs(ctx, why);
    const theirs = csv((auditd as OwnAuditd).log);
    const bySerial = new Map(events.map((event) => [event.serial, event]));
    expect(bySerial.size).toBe(events.length);
    expect(new Set(theirs.map(({ serial }) => serial))).toEqual(new Set(bySerial.keys()));
    const different: string[] = [];
    const seen = new Set<number>();
    for (const event of theirs) {
      const ours = bySerial.get(event.serial) as AuditEvent;
      // It ends an event at a LOGIN record and makes another of the call that wrote the number; time and serial number are the same.
      if (seen.has(event.serial)) expect(ours.records.map(({ type }) => type)).toContain("LOGIN");
      else expect(event.event).toBe(firstType(ours));
      seen.add(event.serial);
      const own = asCsv(ours, event.event);
      for (const column of Object.keys(event) as (keyof CsvEvent)[])
        if (own[column] !== event[column] && csvExplanation(column, own, event) === null)
          different.push(`${event.event} ${column}: ours ${own[column]}, theirs ${event[column]} (${event.how})`);
    }
    expect(different).toEqual([]);
  });

  it("every sum is that of aureport", (ctx) => {
    needs(ctx, why);
    const { log } = auditd as OwnAuditd;
    for (const [option, keyOf, dropsAddresses] of SUMS) {
      const report = run("aureport", ["-i", "-if", log, ...option.split(" "), "--summary"]);
      const theirs = new Map(
        [...report.matchAll(/^(\d+) {2}(.*?) *$/gm)].map(([, count, key]) => [key as string, Number(count)]),
      );
      const ours = new Map<string, number>();
      for (const event of events.flatMap(cutAtLogin)) {
        if (dropsAddresses && hasUnnamedAddress(event)) continue;
        for (const key of [keyOf(event)].flat()) if (key !== null) ours.set(key, (ours.get(key) ?? 0) + 1);
      }
      expect(theirs.size, option).toBeGreaterThan(1);
      expect(Object.fromEntries(ours), option).toEqual(Object.fromEntries(theirs));
    }
  });

  it("leaves no rule, daemon or setting behind", (ctx) => {
    needs(ctx, why);
    expectNothingLeft(auditd, KEY);
  });
});
