import { describe, expect, it } from "vitest";
import { atOnce } from "../../../src/model/steps.ts";
import { findJobs, limitAllowsRate } from "../../../src/supervisors/index.ts";
import { pm2 } from "../../../src/supervisors/pm2.ts";
import { withTree } from "./tree.ts";

/** Two apps as pm2 7.0.4 saved them, without most of their environment. */
const DUMP = JSON.stringify(
  [
    {
      name: "worker",
      args: ["--x", "1"],
      env: { PATH: "/opt/node/bin:/usr/bin", name: "worker" },
      restart_delay: 50,
      autorestart: true,
      max_restarts: 5,
      node_args: ["--no-warnings"],
      pm_exec_path: "/srv/app.js",
      exec_interpreter: "node",
      exec_mode: "fork_mode",
      pm_pid_path: "/root/.pm2/pids/worker-0.pid",
      status: "online",
    },
    {
      name: "sl",
      args: ["1000"],
      exec_interpreter: "none",
      autorestart: false,
      pm_exec_path: "/bin/sleep",
      status: "stopped",
    },
    { name: "nothing" },
  ],
  null,
  2,
);

describe("apps of pm2", () => {
  it("are read from every home's dump, with the line of the program", () => {
    withTree(
      { "/root/.pm2/dump.pm2": DUMP, "/home/a/.pm2/dump.pm2": "[]", "/home/b/.pm2/dump.pm2": "{}" },
      ({ root }) => {
        expect(pm2.present(root)).toBe(true);
        const { jobs, problems } = atOnce(pm2.jobs(root));
        expect(problems.map(({ file, why }) => `${file} ${why}`)).toEqual([
          "/root/.pm2/dump.pm2 an app without a program",
          "/home/b/.pm2/dump.pm2 no list of apps",
        ]);
        expect(jobs).toMatchObject([
          {
            unit: "worker",
            file: "/root/.pm2/dump.pm2",
            line: DUMP.slice(0, DUMP.indexOf("/srv/app.js")).split("\n").length,
            directive: "autorestart",
            restarts: "always",
            limit: { starts: 5, seconds: 5 },
            delaySeconds: 0.05,
            minimumLifeSeconds: 1,
            command: "node --no-warnings /srv/app.js --x 1",
            program: "node",
            script: { file: "/srv/app.js", line: 1 },
            searchPath: ["/opt/node/bin", "/usr/bin"],
            pidFile: "/root/.pm2/pids/worker-0.pid",
          },
          { unit: "sl", restarts: "never", limit: null, atLimit: null, program: "/bin/sleep", inactive: "manual" },
        ]);
        expect(limitAllowsRate(jobs[0]!, 10, 60, 0.02)).toMatchObject({ allowed: false });
        expect(limitAllowsRate(jobs[0]!, 0.5, 60, 1.9)).toMatchObject({ allowed: true });
      },
    );
  });

  it("are started by the daemon of their own home", () => {
    withTree({ "/root/.pm2/dump.pm2": DUMP, "/srv/app.js": "x", "/usr/bin/node": "" }, ({ root }) => {
      const askedBy = (argv: string[]): (boolean | null)[] =>
        findJobs(root, {
          programs: ["/srv/app.js"],
          spawner: { pid: 9, comm: "PM2 v7.0.4: God", exe: "/usr/bin/node", argv },
        }).matches.map(({ spawnerFits }) => spawnerFits);
      expect(askedBy(["PM2 v7.0.4: God Daemon (/root/.pm2)", "", ""])).toEqual([true]);
      expect(askedBy(["PM2 v7.0.4: God Daemon (/home/a/.pm2)"])).toEqual([false]);
      expect(askedBy(["node", "/srv/other.js"])).toEqual([null]);
    });
  });
});
