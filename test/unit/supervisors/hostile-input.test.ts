import * as fs from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromBytes } from "../../../src/model/text.ts";
import { findJobs, limitAllowsRate, resolveCommand, supervisors } from "../../../src/supervisors/index.ts";
import { mentionedWords, shellProgram } from "../../../src/supervisors/commands/shell-words.ts";
import { parseExec } from "../../../src/supervisors/systemd/command.ts";
import { withTree } from "./tree.ts";
import { atOnce } from "../../../src/model/steps.ts";

const WORDS = [
  "respawn", "limit", "exec", "script", "end script", "start on", "(", ")", "\\", "\n", "\r\n", "\0", '"', "'", "#", " ", "\t", "[Service]", "[Unit]", "[", "=",
  "ExecStart=", "Restart=always", "RestartSec=1s", "\\x41", "\\\n", ";", "%i", "%%", "-@", "a:2:respawn:", "::", ":", "/bin/d", "$(x)", "`", "manual", "é", "\ufeff",
]; // prettier-ignore
const content = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  fc.array(fc.constantFrom(...WORDS), { maxLength: 60 }).map((words) => Buffer.from(words.join(""))),
  fc.array(fc.constantFrom(...WORDS), { maxLength: 60 }).map((words) => Buffer.from(words.join("\n"))),
);

describe("hostile configuration", () => {
  it("is read without an exception, and every job that comes out is whole", () => {
    fc.assert(
      fc.property(content, content, (first, second) => {
        withTree(
          {
            "/etc/inittab": first,
            "/etc/inittab.d/a.tab": second,
            "/etc/init/a.conf": first,
            "/etc/init/a.override": second,
            "/etc/systemd/system/a.service": first,
            "/etc/systemd/system/a.service.d/b.conf": second,
            "/etc/systemd/system/t@.service": second,
            "/etc/systemd/system/x.wants/t@-.service": { link: "../t@.service" },
            "/bin/d": "",
          },
          ({ root }) => {
            const search = findJobs(root, { programs: ["/bin/d"], cgroup: "/a.service" });
            expect(search.looked).toEqual(["systemd", "upstart", "sysvinit"]);
            for (const supervisor of supervisors)
              for (const job of atOnce(supervisor.jobs(root)).jobs) {
                expect(job.supervisor).toBe(supervisor.id);
                expect(job.line).toBeGreaterThan(0);
                expect(job.limit === null).toBe(job.atLimit === null);
                expect(typeof resolveCommand(root, job).why).toMatch(/string|object/);
                expect(limitAllowsRate(job, 1, 1).allowed).not.toBeNull();
              }
          },
        );
      }),
      { numRuns: 250 },
    );
  });

  it("gives the same jobs and problems when read again", () => {
    fc.assert(
      fc.property(content, (bytes) => {
        withTree(
          { "/etc/inittab": bytes, "/etc/init/a.conf": bytes, "/etc/systemd/system/a.service": bytes },
          ({ root }) => {
            for (const supervisor of supervisors)
              expect(atOnce(supervisor.jobs(root))).toEqual(atOnce(supervisor.jobs(root)));
          },
        );
      }),
      { numRuns: 50 },
    );
  });

  it("ends for any shell text and any ExecStart=", () => {
    fc.assert(
      fc.property(content, (bytes) => {
        const text = fromBytes(bytes);
        const program = shellProgram(text);
        expect(program === null || text.replace(/["'\\\n]/g, "").includes(program.replace(/["'\\\n]/g, ""))).toBe(true);
        expect(mentionedWords(text).size).toBeGreaterThan(0);
        expect(parseExec(text, (word) => word)).toBeDefined();
      }),
      { numRuns: 1_000 },
    );
  });

  it("stays quick and bounded with a huge folder of problems", () => {
    const entries = Object.fromEntries(
      Array.from({ length: 1_500 }, (_, i) => [`/etc/init/${i}.conf`, "nonsense here\n"]),
    );
    withTree(entries, ({ root }) => {
      const { problems } = atOnce(supervisors[1]!.jobs(root));
      expect(problems).toHaveLength(1_000);
      expect(problems.at(-1)?.why).toMatch(/more problems/);
    });
  });

  it("reads a megabyte of continued lines, of settings that add up, and of commands", () => {
    const read = (text: string) =>
      withTree({ "/etc/systemd/system/a.service": text }, ({ root }) => atOnce(supervisors[0]!.jobs(root)));
    expect(read(`[Service]\nExecStart=d${"\\\n".repeat(500_000)}`).jobs).toMatchObject([{ program: "d", line: 2 }]);
    expect(
      read(`[Service]\nExecStart=d\n${"Environment=A=1\n".repeat(60_000)}`).jobs[0]?.settings?.Environment?.length,
    ).toBeLessThan(5_000);
    expect(read(`[Service]\nType=oneshot\n${"ExecStart=d\n".repeat(80_000)}`).jobs).toHaveLength(100);
  });

  it("reads so many files and no more, and says so", () => {
    const megabyte = "# padding\n".repeat(104_857);
    const entries = Object.fromEntries(
      Array.from({ length: 70 }, (_, i) => [`/etc/init/${i + 10}.conf`, `exec d\n${megabyte}`]),
    );
    withTree(entries, ({ root }) => {
      const { jobs, problems } = atOnce(supervisors[1]!.jobs(root));
      expect(jobs.length).toBeLessThan(70);
      expect(jobs.length).toBeGreaterThan(60);
      expect(problems.filter(({ why }) => why.includes("too much configuration"))).toHaveLength(70 - jobs.length);
    });
  });
});

describe("configuration that may not be read", () => {
  it("is a problem, and not the answer that nothing is there", () => {
    withTree(
      {
        "/etc/inittab": "a:2:respawn:d\n",
        "/etc/init/x.conf": "exec d\n",
        "/etc/systemd/system/a.service": "[Service]\nExecStart=d\n",
        "/bin/d": "",
      },
      ({ root, dir }) => {
        fs.chmodSync(`${dir}/etc/inittab`, 0o000);
        for (const folder of ["etc/init", "etc/systemd/system", "bin"]) fs.chmodSync(`${dir}/${folder}`, 0o000);
        try {
          const { search, resolution } = asNobody(() => ({
            search: findJobs(root, { programs: ["/usr/bin/other"] }),
            resolution: resolveCommand(root, { program: "d", searchPath: ["/bin", "/usr/bin"] }),
          }));
          expect(search.looked).toEqual(["systemd", "upstart", "sysvinit"]);
          expect(search.matches).toEqual([]);
          expect(search.problems.map(({ file, why }) => [file, why])).toEqual([
            ["/etc/systemd/system", "cannot be read: EACCES"],
            ["/etc/init", "cannot be read: EACCES"],
            ["/etc/inittab", "cannot be read: EACCES"],
          ]);
          expect(resolution).toMatchObject({ resolvesTo: null, why: "resolve.could-not-look" });
        } finally {
          for (const folder of ["etc/init", "etc/systemd/system", "bin"]) fs.chmodSync(`${dir}/${folder}`, 0o755);
        }
      },
    );
  });
});

/** Root may read everything; nobody may not. */
function asNobody<T>(look: () => T): T {
  if (process.geteuid?.() !== 0) return look();
  process.seteuid?.(65_534);
  try {
    return look();
  } finally {
    process.seteuid?.(0);
  }
}
