import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { needsProgram } from "../lab/needs.ts";
import { TraceCmds, withTracefs } from "../support/trace-cmd.ts";
import { until } from "./audit-lab.ts";
import { cannotRun, capture, instances, polling, stopAll } from "./tracefs-lab.ts";

const obstacle = cannotRun();
/** Everything of a trace instance, the top one included, that somebody may have set. */
const SETTINGS = ["tracing_on", "trace_clock", "current_tracer", "buffer_size_kb", "set_event", "trace_options", "events/sched/enable", "events/syscalls/enable"]; // prettier-ignore
const COMMANDS = 300;

function settings(dir: string): string {
  return SETTINGS.map((file) => `${file}: ${readFileSync(`${dir}/${file}`, "latin1")}`).join("\n");
}

describe.skipIf(obstacle !== null)(
  `another tracer at work${obstacle === null ? "" : ` (skipped: ${obstacle})`}`,
  () => {
    afterEach(stopAll);

    test("trace-cmd, in an instance of its own and in the top one: none is touched, and all three see the same forks", async (context) => {
      needsProgram(context, "/usr/bin/trace-cmd");
      await withTracefs(async () => {
        const others = new TraceCmds();
        try {
          const own = `somebody-${process.pid}`;
          const dirs = [others.record("own.dat", own), others.record("top.dat", null)];
          await until(() => others.recording(dirs), "both trace-cmds record");
          const before = dirs.map(settings);
          const { events, observer } = capture({ argv: "always" });
          expect(dirs.map(settings)).toEqual(before);
          const loop = `i=0; while [ $i -lt ${COMMANDS} ]; do i=$((i+1)); /bin/true; done`;
          const shell = spawn("/bin/sh", ["-c", loop], { stdio: "ignore" });
          await polling([observer], 20, once(shell, "close"));
          const ledger = observer.stop();
          expect(dirs.map(settings)).toEqual(before);
          expect(instances().filter((name) => name.startsWith(`whoforks-${process.pid}-`))).toEqual([]);
          await others.finish();
          expect(ledger).toMatchObject({ lost: 0, skipped: 0 });
          expect(ledger.note ?? "").not.toContain("switched this recording off");
          const ours = events.filter((event) => event.type === "fork" && event.pid === shell.pid && !event.thread);
          expect(ours).toHaveLength(COMMANDS);
          expect(others.forksOf("own.dat", shell.pid ?? 0)).toBe(COMMANDS);
          expect(others.forksOf("top.dat", shell.pid ?? 0)).toBe(COMMANDS);
        } finally {
          others.remove();
        }
      });
    });
  },
);
