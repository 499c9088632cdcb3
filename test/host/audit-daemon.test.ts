import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { recordAudit } from "../../lab/audit.mjs";
import type { Diagnosis } from "../../src/diagnosis/result.ts";
import { needsLab, needsProgram } from "../lab/needs.ts";
import { diagnosed } from "../support/whoforks.ts";
import { auditctl, cannotRun, ownKeys, settings } from "./audit-lab.ts";

const obstacle = cannotRun();
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test.skipIf(obstacle !== null)(
  `beside a real auditd: it goes on undisturbed, with koffi and without${obstacle === null ? "" : ` (skipped: ${obstacle})`}`,
  async (context) => {
    needsLab(context);
    needsProgram(context, "/usr/sbin/auditd");
    const folder = mkdtempSync(join(tmpdir(), "whoforks-audit-daemon-"));
    const before = settings();
    const results: Diagnosis[] = [];
    const meanwhile: string[] = [];
    try {
      for (const part of ["bin", "dist", "package.json"])
        cpSync(join(ROOT, part), join(folder, part), { recursive: true });
      const recording = await recordAudit(
        "shell-loop",
        { seconds: 30 },
        {
          output: `${folder}/audit.log`,
          async during() {
            meanwhile.push(settings());
            results.push((await diagnosed(["--source", "audit", "--duration", "3s"])).result);
            // Without koffi: rules by auditctl, records from the log of auditd.
            const words = [join(folder, "bin/whoforks"), "diagnose", "--json", "--source", "audit", "--duration", "3s"];
            const { stdout } = spawnSync(process.execPath, words, { encoding: "utf8", cwd: "/" });
            results.push(JSON.parse(stdout) as Diagnosis);
            meanwhile.push(settings());
          },
        },
      );
      // The daemon is the same, and its rules, its switch and its limits are as they were.
      expect(meanwhile[1]).toBe(meanwhile[0]);
      expect(meanwhile[0]).toMatch(/^pid [1-9]/m);
      expect(recording.lostAfter).toBe(recording.lostBefore);
      for (const result of results) {
        expect(result.sources[0]).toMatchObject({ kind: "audit", lost: 0 });
        expect(result.storms[0]).toMatchObject({ kind: "shell-loop", spawner: { exe: "/usr/bin/dash" } });
        expect(result.couldNotLook.map((gap) => gap.code)).not.toContain("audit.older-processes");
      }
      // The lab's processes still have the lab's key in the daemon's log, as they had before ours came.
      const lines = readFileSync(recording.log, "latin1").split("\n");
      expect(lines.filter((line) => /^type=SYSCALL .* auid=77017 .*key="whoforks-\d/.test(line))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(ownKeys()).toEqual([]);
    expect(settings()).toBe(before);
    expect(auditctl("-s")).toMatch(/^pid 0$/m);
  },
);
