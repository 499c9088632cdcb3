import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { atOnce } from "../../../src/model/steps.ts";
import { render } from "../../../src/report/text/catalogue/index.ts";
import { sequelOf } from "../../../src/supervisors/end-rules.ts";
import { endNamed, EXIT_STATUSES } from "../../../src/supervisors/systemd/exit-status-names.ts";
import { limitAllowsRate, type Job } from "../../../src/supervisors/index.ts";
import { systemd } from "../../../src/supervisors/systemd/systemd.ts";
import { withTree, type Entry } from "./tree.ts";

const UNIT = "/usr/lib/systemd/system/d.service";

function jobOf(service: string, more: Record<string, Entry> = {}): { job: Job; problems: string[] } {
  return withTree({ [UNIT]: `[Service]\nExecStart=/bin/d\n${service}\n`, ...more }, ({ root }) => {
    const { jobs, problems } = atOnce(systemd.jobs(root));
    return { job: jobs.find(({ unit }) => unit === "d.service") as Job, problems: problems.map(({ why }) => why) };
  });
}

const exit = (code: number) => ({ code, signal: null });
const killed = (signal: keyof typeof os.constants.signals) => ({ code: null, signal: os.constants.signals[signal] });

/** Whether it comes back, by the table of Restart= in systemd.service(5) and what stands below it about the lists. */
function comesBack(service: string, end: { code: number | null; signal: number | null }): boolean | null {
  const { job } = jobOf(service);
  return job.ends === undefined ? false : sequelOf(job.ends, end).isRestarted;
}

describe("after which ends systemd starts a service again", () => {
  it.each([
    ["no", [false, false, false, false]],
    ["always", [true, true, true, true]],
    ["on-success", [true, true, false, false]],
    ["on-failure", [false, false, true, true]],
    ["on-abnormal", [false, false, false, true]],
    ["on-abort", [false, false, false, true]],
    ["on-watchdog", [false, false, false, false]],
  ] as const)("Restart=%s", (restart, expected) => {
    const ends = [exit(0), killed("SIGTERM"), exit(1), killed("SIGSEGV")];
    expect(ends.map((end) => comesBack(`Restart=${restart}`, end))).toEqual(expected);
  });

  it("a status that is called success is none of failure, and the other way round", () => {
    const lines = "Restart=on-failure\nSuccessExitStatus=TEMPFAIL 250 SIGUSR1\n";
    expect([exit(75), exit(250), killed("SIGUSR1")].map((end) => comesBack(lines, end))).toEqual([false, false, false]);
    expect([exit(1), killed("SIGUSR2")].map((end) => comesBack(lines, end))).toEqual([true, true]);
    expect(comesBack(lines.replace("failure", "success"), exit(75))).toBe(true);
    // With a core file it is a failure all the same, and nobody saw whether there was one.
    expect(comesBack("Restart=on-failure\nSuccessExitStatus=SIGABRT", killed("SIGABRT"))).toBeNull();
  });

  it("prevents before it forces, and both before Restart=", () => {
    const both = "Restart=always\nRestartPreventExitStatus=EXEC SIGKILL\nRestartForceExitStatus=203 7";
    expect([exit(203), killed("SIGKILL"), exit(7), exit(1)].map((end) => comesBack(both, end))).toEqual([
      false,
      false,
      true,
      true,
    ]);
    expect(comesBack("Restart=no\nRestartForceExitStatus=1 SIGHUP", killed("SIGHUP"))).toBe(true);
    expect(comesBack("RestartForceExitStatus=1", exit(2))).toBe(false);
  });

  it("adds up what drop-ins say, and an empty value takes all of it back", () => {
    const { job } = jobOf(
      "Restart=on-failure\nSuccessExitStatus=1\nSuccessExitStatus=2 no-such\nRestartPreventExitStatus=9",
      {
        "/etc/systemd/system/d.service.d/a.conf": "[Service]\nRestartPreventExitStatus=\nSuccessExitStatus=3\n",
      },
    );
    expect(job.ends?.prevent).toBeUndefined();
    expect(job.ends?.success).toEqual({
      statuses: [1, 2, 3],
      signals: [],
      directive: "SuccessExitStatus=1 2 no-such 3",
      file: "/etc/systemd/system/d.service.d/a.conf",
      line: 3,
    });
    expect(jobOf("SuccessExitStatus=no-such").problems).toEqual([
      "SuccessExitStatus= has a value that systemd ignores",
    ]);
  });

  it("does not take a signal of its own time limit for a good end, nor one of a oneshot", () => {
    expect(comesBack("Restart=on-failure\nRuntimeMaxSec=5", killed("SIGTERM"))).toBeNull();
    expect(comesBack("Restart=on-failure\nRuntimeMaxSec=infinity", killed("SIGTERM"))).toBe(false);
    expect(comesBack("Restart=on-failure\nType=oneshot", killed("SIGTERM"))).toBe(true);
    const lenient = "Restart=on-failure\nRestartForceExitStatus=7\nExecStart=\nExecStart=-/bin/d";
    expect([exit(1), exit(7)].map((end) => comesBack(lenient, end))).toEqual([false, true]);
  });

  it("says which list keeps it from coming back, so that something else starts it", () => {
    const { job } = jobOf("Restart=always\nRestartSec=1\nRestartPreventExitStatus=USAGE");
    const ends = {
      failed: 1,
      clean: 0,
      signalled: 0,
      each: [
        { ...exit(64), share: 0.95 },
        { ...exit(1), share: 0.05 },
      ],
    };
    const verdict = limitAllowsRate(job, 0.5, 60, 0.1, ends);
    expect(verdict).toMatchObject({ allowed: false, why: { code: "limit.end-not-restarted", args: { share: 0.95 } } });
    const args = { supervisor: "systemd", ...verdict.why.args };
    expect(String(render("en", "chain.limit.end-not-restarted", args))).toContain(
      `(RestartPreventExitStatus=USAGE in ${UNIT}, line 5)`,
    );
    expect(String(render("zh-CN", "chain.limit.end-not-restarted", args))).toContain(`${UNIT} 第 5 行`);
    // Where most ends are others, its limit is what counts.
    const others = {
      ...ends,
      each: [
        { ...exit(64), share: 0.2 },
        { ...exit(1), share: 0.8 },
      ],
    };
    expect(limitAllowsRate(job, 0.4, 60, 0.1, others).why.code).toBe("limit.not-reached");
    // Before it says that it is ready every end is a failure, but a status that prevents a restart still does.
    const notify = jobOf("Restart=on-failure\nType=notify\nRestartPreventExitStatus=3").job;
    const each = (code: number) => ({ failed: 1, clean: 0, signalled: 0, each: [{ ...exit(code), share: 1 }] });
    expect(limitAllowsRate(notify, 5, 30, 0.1, each(0)).why.code).toBe("limit.would-have-stopped");
    expect(limitAllowsRate(notify, 5, 30, 0.1, each(3)).why.code).toBe("limit.end-not-restarted");
  });
});

const analyze = ["/usr/bin/systemd-analyze", "/bin/systemd-analyze"].find((file) => fs.existsSync(file));
const skip = analyze === undefined && process.env["CI"] === undefined;

describe.skipIf(skip)(`systemd-analyze${analyze === undefined ? " (not installed)" : ""} says the same`, () => {
  const run = (args: string[]): { stdout: string; stderr: string } => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-ends-"));
    try {
      const err = fs.openSync(path.join(folder, "err"), "w");
      const env = { PATH: "/usr/bin:/bin", LC_ALL: "C", SYSTEMD_COLORS: "0" };
      let stdout = "";
      try {
        stdout = execFileSync(analyze as string, args, {
          encoding: "utf8",
          env,
          stdio: ["ignore", "pipe", err],
          timeout: 30_000,
        });
      } finally {
        fs.closeSync(err);
      }
      return { stdout, stderr: fs.readFileSync(path.join(folder, "err"), "utf8") };
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  };

  it("about the names of exit statuses", () => {
    const table = [...run(["exit-status"]).stdout.matchAll(/^([A-Z_]+) +(\d+) /gm)];
    expect(table.length).toBeGreaterThan(60);
    for (const [, name = "", status] of table) expect(EXIT_STATUSES[name], name).toBe(Number(status));
  });

  it("about the words that it ignores in a list", () => {
    const words = (
      "0 1 255 256 300 -1 +5 0x10 0xff 0x100 010 0b11 0o17 08 TERM SIGTERM term SIGSIGTERM RTMIN RTMIN+3 RTMIN+30 RTMIN+31 " +
      "RTMIN-1 SIGRTMAX SIGRTMAX-1 RTMAX-30 RTMAX-31 RTMAX+1 DATAERR EXIT_DATAERR dataerr IOT POLL IO PWR STKFLT CLD SIG9 " +
      'UNUSED "TERM" 3; BPF NOSUCH constructor __proto__ 1.5 1e2 SEGV USER USR1'
    ).split(" ");
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-ends-"));
    try {
      const file = path.join(folder, "d.service");
      fs.writeFileSync(file, `[Service]\nExecStart=/bin/true\nSuccessExitStatus=${words.join(" ")}\n`);
      const ignored = [...run(["verify", file]).stderr.matchAll(/Failed to parse value, ignoring: (\S+)$/gm)].map(
        ([, word]) => word,
      );
      expect(words.filter((word) => endNamed(word) === null)).toEqual(ignored);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
