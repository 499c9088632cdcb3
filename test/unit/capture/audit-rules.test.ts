import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { parseRuleLines, parseStatusText } from "../../../src/capture/audit/auditctl-control.ts";
import type { AuditControl } from "../../../src/capture/audit/control.ts";
import { Logins } from "../../../src/capture/audit/logins.ts";
import { parseStatus, request } from "../../../src/capture/audit/messages.ts";
import { lives, ownKey, parseOwnKey } from "../../../src/capture/audit/own-key.ts";
import { ruleAbis } from "../../../src/capture/audit/process-calls.ts";
import { Action, List, parseRule, processRule } from "../../../src/capture/audit/rule.ts";
import { RulesOnHost } from "../../../src/capture/audit/rules-on-host.ts";

describe("rules", () => {
  test("bear the calls, the ABI and the key where the kernel looks for them", () => {
    const [b64, b32] = ruleAbis("x86_64");
    expect(b64?.numbers.toSorted((a, b) => a - b)).toEqual([56, 57, 58, 59, 60, 231, 322, 435]);
    expect(b32?.numbers.toSorted((a, b) => a - b)).toEqual([1, 2, 11, 120, 190, 252, 358, 435]);
    const bytes = processRule(0xc000003e, b64?.numbers ?? [], "a key");
    const words = new DataView(bytes.buffer);
    expect(bytes).toHaveLength(1040 + 5);
    // AUDIT_FILTER_EXIT, AUDIT_ALWAYS, two fields; clone to exit are bits 24 to 28 of the second word.
    expect([0, 4, 8].map((at) => words.getUint32(at, true))).toEqual([4, 2, 2]);
    expect(words.getUint32(12 + 4, true)).toBe(0b11111 << 24);
    expect([268, 524, 780].map((at) => words.getUint32(at, true))).toEqual([11, 0xc000003e, 0x40000000]);
    expect([272, 528, 784].map((at) => words.getUint32(at, true))).toEqual([210, 5, 0x40000000]);
    expect(Buffer.from(bytes.subarray(1036)).toString("latin1")).toBe("\u0005\0\0\0a key");
  });

  test("are read back as they were written, and nothing else is taken for one", () => {
    const bytes = processRule(0x40000003, [2, 11], "whoforks-1-2-was0");
    expect(parseRule(bytes)).toMatchObject({ list: List.exit, action: Action.always, key: "whoforks-1-2-was0" });
    expect(parseRule(bytes)?.raw).toEqual(bytes);
    for (let length = 0; length < 1040; length += 13) expect(parseRule(bytes.subarray(0, length))).toBeNull();
    // A count of fields beyond the array.
    bytes[8] = 0xff;
    expect(parseRule(bytes)?.key).toBe("whoforks-1-2-was0");
  });

  test("as auditctl lists them", () => {
    const lines = [
      "-a never,task",
      "-a always,exit -F arch=b64 -S clone,fork -F key=whoforks-812-4711-was1",
      "-a exit,never -F arch=b32 -S 11",
      "-a always,exit -S all",
      "-w /etc/passwd -p wa -k identity",
      "-a never,exclude -F msgtype=CWD",
      "No rules",
    ];
    expect(parseRuleLines(lines.join("\n")).map(({ list, action, processCalls, key }) => [list, action, processCalls, key])).toEqual([
      [List.task, Action.never, true, null],
      [List.exit, Action.always, true, "whoforks-812-4711-was1"],
      [List.exit, Action.never, true, null],
      [List.exit, Action.always, true, null],
      [-1, Action.always, false, "identity"],
      [List.exclude, Action.never, true, null],
    ]); // prettier-ignore
    expect(parseRuleLines(lines[1] as string)[0]?.raw).toEqual(["-d", ...(lines[1] as string).split(" ").slice(1)]);
  });
});

describe("the key of our rules", () => {
  test("names one life of a process and the switch as it was", () => {
    const own = parseOwnKey(ownKey(0));
    expect(own).toMatchObject({ maker: { pid: process.pid }, enabledBefore: 0 });
    expect(own !== null && lives(own)).toBe(true);
    const dead = spawnSync("/bin/true");
    expect(lives({ maker: { pid: dead.pid, startTicks: "1" }, enabledBefore: 1 })).toBe(false);
  });

  test.each([null, "", "whoforks-lab", "whoforks-1-2", "whoforks-1-2-was2", "xwhoforks-1-2-was0", "whoforks-1-2-was0\u0001b"])(
    "%j is somebody else's",
    (key) => expect(parseOwnKey(key)).toBeNull(),
  ); // prettier-ignore
});

describe("the state of audit", () => {
  test("as auditctl prints it", () => {
    const text = "enabled 1\nfailure 1\npid 302\nrate_limit 7\nbacklog_limit 64\nlost 12\nbacklog 0\nbacklog_wait_time 15000\nbacklog_wait_time_actual 3\nloginuid_immutable 0 unlocked\n"; // prettier-ignore
    const expected = { enabled: 1, pid: 302, rateLimit: 7, backlogLimit: 64, lost: 12, waited: 3 };
    expect(parseStatusText(text)).toEqual(expected);
    expect(parseStatusText("Error - audit support not in kernel")).toBeNull();
  });

  test("as the kernel sends it, also by kernels that tell less", () => {
    const payload = new Uint8Array(new Uint32Array([0, 1, 1, 302, 7, 64, 12, 0, 0, 15_000, 3]).buffer);
    const full = parseStatus(request(1000, 1, payload));
    expect(full).toEqual({ enabled: 1, pid: 302, rateLimit: 7, backlogLimit: 64, lost: 12, waited: 3 });
    expect(parseStatus(request(1000, 1, payload.subarray(0, 40)))).toMatchObject({ lost: 12, waited: null });
    expect(parseStatus(request(1000, 1, payload.subarray(0, 24)))).toBeNull();
  });

  // Locking audit on a real kernel would last until its next boot.
  test("locked: nothing is asked of the kernel", () => {
    const refuse = (): never => {
      throw new Error("asked");
    };
    const control: AuditControl = {
      status: () => ({ enabled: 2, pid: 0, rateLimit: 0, backlogLimit: 64, lost: 0, waited: 0 }),
      rules: refuse,
      add: refuse,
      remove: refuse,
      setEnabled: refuse,
      close: () => undefined,
    };
    expect(RulesOnHost.load(control)).toMatchObject({ code: "locked" });
  });
});

describe("calls by login", () => {
  test("are counted, with what nobody logged in for", () => {
    const logins = new Logins();
    const line = (auid: number, ses: number): string => `type=SYSCALL msg=audit(1.000:1): pid=1 auid=${auid} uid=0 tty=? ses=${ses} comm="x"\n`; // prettier-ignore
    logins.take(Buffer.from(line(4294967295, 4294967295).repeat(2) + "type=EOE msg=audit(1.000:1): \n"));
    expect(logins.sentences()).toEqual([]);
    logins.take(Buffer.from(line(1000, 3).repeat(5)));
    expect(logins.sentences()).toEqual(["calls by login: login of uid 1000 in session 3 5, no login 2"]);
  });
});
