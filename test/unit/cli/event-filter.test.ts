import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { EventsFlags } from "../../../src/cli/commands/events.ts";
import { eventFilter } from "../../../src/cli/event-filter.ts";
import { auditLine } from "../../../src/cli/event-json.ts";
import { loadCallNames } from "../../../src/formats/audit/events/calls.ts";
import { namesFrom, NO_NAMES } from "../../../src/formats/audit/events/names.ts";
import { AuditEventReader, type EventCounts } from "../../../src/formats/audit/events/reader.ts";
import type { AuditEvent } from "../../../src/formats/audit/events/event.ts";

const ODD = `type=SYSCALL msg=audit(5.000:1): arch=c000003e syscall=59 items=2 ppid=1 pid=0x2a comm="a" exe=2F62696E2F61 key=610162
type=EXECVE msg=audit(5.000:1): argc=2 a0="a"
type=PATH msg=audit(6.000:2): item=0 name="/x"
type=SYSCALL msg=audit(7.000:3): arch=c000003e syscall=59 items=0 ppid=42 pid=7 comm="pid=42" exe="/bin/\u00e9" key="a"
type=USER_CMD msg=audit(8.000:4): pid=042 uid=0 msg='exe="/bin/a" pid=9 res=success'
`;
const reading = { names: namesFrom(NO_NAMES), calls: await loadCallNames() };
const logs = ["one-of-each.log", "storm-by-32-bit-and-more.log", "storm-by-32-bit-and-more.interpreted.txt"].map(
  (name) => readFileSync(new URL(`../../fixtures/audit/${name}`, import.meta.url)),
);

describe("filters of events", () => {
  it.each([...logs, Buffer.from(ODD)].map((log, number) => [number, log] as const))(
    "what is left out before it is understood would have been left out after, and is counted alike (log %i)",
    (_, log) => {
      const events = read(log, {}, true).events;
      const some = <T>(values: T[]): T[] => [...new Set(values)].slice(0, 40);
      const asked: Partial<EventsFlags>[] = [
        ...some(events.map(({ pid }) => pid ?? 1)).map((pid) => ({ pid: [pid, 99_999_999] })),
        ...some(events.flatMap(({ keys }) => keys)).map((key) => ({ key })),
        ...some(events.map(({ exe }) => exe ?? "/none")).flatMap((exe) => [
          { exe },
          { exe: exe.slice(exe.lastIndexOf("/") + 1) },
        ]),
        ...some(events.map(({ ms }) => ms)).flatMap((ms) => [{ since: ms }, { until: ms }]),
        { pid: [42], key: "a", exe: "a" },
      ];
      let left = 0;
      for (const flags of asked) {
        const early = read(log, flags, true);
        const late = read(log, flags, false);
        expect(early.lines).toEqual(late.lines);
        expect(early.counts).toEqual(late.counts);
        if (early.understood < late.understood) left++;
      }
      expect(left).toBeGreaterThan(0);
    },
  );
});

function read(
  log: Buffer,
  flags: Partial<EventsFlags>,
  early: boolean,
): { lines: string[]; events: AuditEvent[]; counts: EventCounts; understood: number } {
  const filter = eventFilter({ from: [], ...flags });
  const events: AuditEvent[] = [];
  let understood = 0;
  const reader = new AuditEventReader(
    (event) => {
      understood++;
      if (filter.audit(event)) events.push(event);
    },
    reading,
    (held) => !early || filter.held(held),
  );
  reader.push(log, "log");
  reader.end();
  return { lines: events.map(auditLine), events, counts: { ...reader.counts() }, understood };
}
