import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuditEvent } from "../../src/formats/audit/events/event.ts";
import { explanation } from "../support/ausearch-differences.ts";
import { compare, interpreted, ownEvents } from "../support/ausearch.ts";
import { needs, obstacle, OwnAuditd, run } from "./own-auditd.ts";

/**
 * A log of everything that two programs do, recorded by a real auditd: one makes a call of every kind, the other is a storm of short
 * lives. Every field of every record is set beside what `ausearch -i` makes of it.
 */
const KEY = "whoforks-test-events";
const MIX = fileURLToPath(new URL("audit-mix.c", import.meta.url));
const ROUNDS = 30;
const STORM = `i=0
while [ $i -lt ${ROUNDS} ]; do
  i=$((i + 1))
  /bin/true "round $i" "" 'a"b' "C3A9"
  ( exit $((i % 7)) )
done
sh -c 'kill -SEGV $$'
`;

let auditd: OwnAuditd | null = null;
let why: string | null = null;
let events: AuditEvent[] = [];
let compared: ReturnType<typeof compare>;

beforeAll(async () => {
  why = obstacle();
  if (why !== null) return;
  auditd = await OwnAuditd.start(KEY, "ENRICHED", "all");
  run("gcc", ["-w", "-o", join(auditd.storm, "mix"), MIX]);
  writeFileSync(join(auditd.storm, "storm.sh"), STORM);
  auditd.watch("./mix");
  auditd.watch("/bin/sh", "storm.sh");
  run("auditctl", ["-m", `op=test acct="bob" res=success`]);
  // The last record: when it is written, all are. The kernel hands on as fast as the daemon writes.
  for (let i = 0; i < 300 && !readFileSync(auditd.log, "latin1").includes(`acct="bob"`); i++) await setTimeout(100);
  auditd.stop();
  events = await ownEvents(readFileSync(auditd.log));
  compared = compare(events, interpreted(auditd.log));
});

afterAll(() => auditd?.remove());

describe("every field of a real log, beside ausearch -i", () => {
  it("compares all records of both programs", (ctx) => {
    needs(ctx, why);
    expect(compared.unmatched).toEqual([]);
    const lines = readFileSync((auditd as OwnAuditd).log, "latin1").split("\n").length - 1;
    expect(compared.records).toBe(lines);
    expect(compared.fields).toBeGreaterThan(20 * ROUNDS * 10);
    const calls = new Set(events.map(({ syscall }) => syscall));
    for (const call of [
      "execve",
      "connect",
      "mount",
      "ptrace",
      "prctl",
      "seccomp",
      "setsockopt",
      "io_uring_setup",
      "kill",
    ])
      expect(calls).toContain(call);
    const types = new Set(events.flatMap(({ records }) => records.map(({ type }) => type)));
    for (const type of ["ANOM_ABEND", "SECCOMP", "SOCKADDR", "OBJ_PID", "MMAP", "FD_PAIR", "CONFIG_CHANGE", "USER"])
      expect(types).toContain(type);
  });

  it("is the same, or the difference is explained", (ctx) => {
    needs(ctx, why);
    const unexplained = compared.differences.filter((difference) => explanation(difference) === null);
    expect(unexplained).toEqual([]);
  });

  it("has the arguments that were given, and no event lacks a record", (ctx) => {
    needs(ctx, why);
    const rounds = events.filter(
      ({ syscall, argv }) => syscall === "execve" && argv?.[1]?.startsWith("round ") === true,
    );
    expect(rounds.map(({ argv }) => argv)).toEqual(
      Array.from({ length: ROUNDS }, (_, i) => ["/bin/true", `round ${i + 1}`, "", 'a"b', "C3A9"]),
    );
    expect(events.filter(({ missing, late }) => missing.length > 0 || late)).toEqual([]);
  });

  it("counts the events of every program as aureport does", (ctx) => {
    needs(ctx, why);
    const { log } = auditd as OwnAuditd;
    const report = run("aureport", ["-if", log, "-x", "--summary"]);
    const theirs = [...report.matchAll(/^(\d+) {2}(\S+)$/gm)].map(([, count, exe]) => [exe, Number(count)]);
    // It drops events with the address of an unnamed socket: "sun_path len too short".
    const told = events.filter(
      ({ records }) => !records.some(({ type, raw }) => type === "SOCKADDR" && raw["saddr"] === "0100"),
    );
    const ours = new Map<string, number>();
    for (const { exe } of told) if (exe !== null) ours.set(exe, (ours.get(exe) ?? 0) + 1);
    expect(told.length).toBeLessThan(events.length);
    expect([...ours].toSorted(byName)).toEqual(theirs.toSorted(byName));
  });
});

function byName(a: readonly unknown[], b: readonly unknown[]): number {
  return String(a[0]) < String(b[0]) ? -1 : 1;
}
