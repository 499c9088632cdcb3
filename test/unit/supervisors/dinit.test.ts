import { describe, expect, it } from "vitest";
import { atOnce } from "../../../src/model/steps.ts";
import { dinit } from "../../../src/supervisors/dinit.ts";
import { findJobs, limitAllowsRate } from "../../../src/supervisors/index.ts";
import type { Job } from "../../../src/supervisors/types.ts";
import { withTree, type Entry } from "./tree.ts";

function read(entries: Record<string, Entry>): { jobs: Job[]; problems: string[] } {
  return withTree(entries, ({ root }) => {
    expect(dinit.present(root)).toBe(true);
    const { jobs, problems } = atOnce(dinit.jobs(root));
    return { jobs, problems: problems.map(({ file, line, why }) => `${file}:${line} ${why}`) };
  });
}

describe("dinit's service descriptions", () => {
  it("restart, its delay and limit, and the program behind wrappers and quotes", () => {
    const { jobs, problems } = read({
      "/etc/dinit.d/at":
        '# the daemon\ntype = process\ncommand = nice -n 5 "/usr/bin/at d" -f\nrestart = yes\nrestart-delay = 0.05\nrestart-limit-count = 9\n',
    });
    expect(problems).toEqual([]);
    expect(jobs).toEqual([
      {
        supervisor: "dinit",
        unit: "at",
        file: "/etc/dinit.d/at",
        line: 4,
        directive: "restart = yes",
        restarts: "always",
        limit: { starts: 9, seconds: 10 },
        atLimit: { action: "stop" },
        delaySeconds: 0.05,
        command: 'nice -n 5 "/usr/bin/at d" -f',
        program: "/usr/bin/at d",
        searchPath: ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"],
        expects: "process",
      },
    ]);
    expect(limitAllowsRate(jobs[0]!, 5, 60)).toMatchObject({
      allowed: false,
      why: { code: "limit.would-have-stopped" },
    });
  });

  it.each([
    ["command = /bin/x", "never", null, 0],
    ["command = /bin/x\nrestart = on-failure", "on-failure", { starts: 3, seconds: 10 }, 0.2],
    ["command = /bin/x\nsmooth-recovery = yes", "always", { starts: 3, seconds: 10 }, 0.2],
    ["command = /bin/x\nrestart = yes\nrestart-limit-interval = 0", "always", null, 0.2],
    ["type = scripted\ncommand = /bin/x\nrestart = yes", "never", null, 0],
    ["command: /bin/x\nrestart: true", "always", { starts: 3, seconds: 10 }, 0.2],
  ])("%j", (text, restarts, limit, delaySeconds) => {
    expect(read({ "/lib/dinit.d/x": text }).jobs[0]).toMatchObject({ restarts, limit, delaySeconds });
  });

  it("the first folder's description counts; links, folders and what is no setting are told or passed over", () => {
    const { jobs, problems } = read({
      "/etc/dinit.d/x": "command = /bin/own\nrestart = yes\nnonsense\n",
      "/lib/dinit.d/x": "command = /bin/shipped\n",
      "/lib/dinit.d/boot": "type = internal\nwaits-for.d = boot.d\n",
      "/lib/dinit.d/empty": "type = process\n",
      "/lib/dinit.d/boot.d/x": { link: "../x" },
      "/lib/dinit.d/loop": { link: "loop" },
    });
    expect(jobs.map(({ program }) => program)).toEqual(["/bin/own"]);
    expect(problems).toEqual([
      "/etc/dinit.d/x:3 neither `key = value` nor a comment",
      "/lib/dinit.d/empty:null no command: it cannot be started",
    ]);
  });

  it("words that are added to a command belong to it", () => {
    const [job] = read({ "/etc/dinit.d/x": "command = env A=1\ncommand += /bin/x -f\n" }).jobs;
    expect(job).toMatchObject({ command: "env A=1 /bin/x -f", program: "/bin/x" });
  });

  it("as PID 1 or below it, dinit starts what its file names", () => {
    withTree(
      { "/etc/dinit.d/x": "command = x\nrestart = yes\n", "/usr/bin/x": "", "/usr/bin/dinit": "" },
      ({ root }) => {
        const spawner = { pid: 40, comm: "dinit", exe: "/usr/bin/dinit", argv: ["dinit", "--user"] };
        const { matches } = findJobs(root, { programs: ["/usr/bin/x"], spawner });
        expect(matches).toMatchObject([{ how: "search-path", spawnerFits: true, job: { unit: "x" } }]);
      },
    );
  });
});
