import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { recordAudit } from "../../lab/audit.mjs";
import { needsLab, needsProgram } from "./needs.ts";
import { output, tracesOf } from "./traces.ts";
import { needs32Bit } from "../support/32-bit.ts";

for (const [name, fork] of [
  ["case-32", "arch=40000003 syscall=2 success=yes"],
  ["case", "arch=c000003e syscall=57 success=yes"],
] as const) {
  test(`${name}: real auditd logs each fork, and the host's audit is as before`, async (context) => {
    needsLab(context);
    if (name === "case-32") needs32Bit(context);
    needsProgram(context, "/usr/sbin/auditd");
    const folder = mkdtempSync(`${tmpdir()}/whoforks-audit-test-`);
    const before = settings();
    const recording = await recordAudit(
      name,
      { rate: 1500, count: 1200, seconds: 60 },
      { output: `${folder}/audit.log` },
    );
    const after = settings();
    const lines = readFileSync(recording.log, "latin1").split("\n");
    const bySummary = output("aureport", ["-if", recording.log, "-x", "--summary"]);
    rmSync(folder, { recursive: true });

    expect(recording.lostAfter).toBe(recording.lostBefore);
    expect(recording.truth.forks).toBe(1200);
    expect(lines.filter((line) => line.includes(fork) && line.includes('exe="/usr/bin/atd"'))).toHaveLength(1200);
    expect(Number(/^(\d+) {2}\/usr\/bin\/atd$/m.exec(bySummary)?.[1])).toBeGreaterThanOrEqual(2400);
    expect(lines.filter((line) => /^type=(SYSCALL|EXECVE) /.test(line) && /auid=(?!77017)/.test(line))).toEqual([]);
    expect(after).toEqual(before);
    expect(tracesOf({ rootOnHost: recording.truth.root, initPid: recording.truth.initPid })).toEqual([]);
  });
}

function settings(): string[] {
  const status = output("auditctl", ["-s"]);
  const numbers = ["enabled", "pid", "backlog_limit", "backlog_wait_time"];
  return [
    ...numbers.map((name) => new RegExp(`^${name} \\d+`, "m").exec(status)?.[0] ?? ""),
    output("auditctl", ["-l"]),
  ];
}
