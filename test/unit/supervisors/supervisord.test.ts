import { describe, expect, it } from "vitest";
import { atOnce } from "../../../src/model/steps.ts";
import { argvProgram, splitWords } from "../../../src/supervisors/commands/argv-words.ts";
import { fits } from "../../../src/supervisors/files/glob.ts";
import { findJobs, limitAllowsRate } from "../../../src/supervisors/index.ts";
import { supervisord } from "../../../src/supervisors/supervisord.ts";
import type { Job } from "../../../src/supervisors/types.ts";
import { withTree, type Entry } from "./tree.ts";

function read(entries: Record<string, Entry>): { jobs: Job[]; problems: string[] } {
  return withTree(entries, ({ root }) => {
    expect(supervisord.present(root)).toBe(true);
    const { jobs, problems } = atOnce(supervisord.jobs(root));
    return { jobs, problems: problems.map(({ file, line, why }) => `${file}:${line} ${why}`) };
  });
}

const MAIN = `; what supervisord starts

[supervisord]
logfile=/var/log/supervisord.log ; main log

[include]
files = conf.d/*.conf /etc/more/[ab]?.ini
`;

describe("supervisord's programs", () => {
  it("gives the file and line that make a program come back, also from an included file", () => {
    const { jobs, problems } = read({
      "/etc/supervisor/supervisord.conf": MAIN,
      "/etc/supervisor/conf.d/at.conf": `[program:at]
command = nice -n 5 /usr/bin/d -f  ; runs jobs
  --more "a b"
# comment
AutoRestart : true
user=www
`,
      "/etc/supervisor/conf.d/.hidden.conf": "[program:hidden]\ncommand=/bin/hidden\n",
      "/etc/more/a1.ini": "[program:one]\ncommand=/bin/one\n",
      "/etc/more/c1.ini": "[program:no]\ncommand=/bin/no\n",
    });
    expect(problems).toEqual([]);
    expect(jobs.map(({ unit }) => unit)).toEqual(["at", "one"]);
    expect(jobs[0]).toMatchObject({
      supervisor: "supervisord",
      file: "/etc/supervisor/conf.d/at.conf",
      line: 5,
      directive: "autorestart=true",
      restarts: "always",
      limit: { starts: 4, seconds: 10 },
      atLimit: { action: "stop" },
      delaySeconds: 1,
      minimumLifeSeconds: 1,
      program: "/usr/bin/d",
      command: 'nice -n 5 /usr/bin/d -f\n--more "a b"',
      settings: { User: "www" },
    });
    expect(jobs[1]).toMatchObject({ line: 2, directive: "command", restarts: "on-failure" });
  });

  it("limits only programs that end early, unless startsecs is 0", () => {
    const { jobs } = read({
      "/etc/supervisord.conf": `[program:a]
command=/bin/a
autorestart=true
startsecs=5
startretries=2
[program:b]
command=/bin/b
autorestart=true
startsecs=0
[program:c]
command=/bin/c
autorestart=false
`,
    });
    expect(jobs.map(({ limit, restarts }) => [limit, restarts])).toEqual([
      [{ starts: 3, seconds: 18 }, "always"],
      [null, "always"],
      [null, "never"],
    ]);
    expect(limitAllowsRate(jobs[0]!, 0.5, 600, 0.1)).toMatchObject({ allowed: false });
    expect(limitAllowsRate(jobs[0]!, 0.18, 600, 5.5)).toMatchObject({
      allowed: true,
      why: { code: "limit.lives-too-long" },
    });
    expect(limitAllowsRate(jobs[1]!, 500, 5, 0.001)).toMatchObject({ allowed: true, why: { code: "limit.unlimited" } });
  });

  it("names programs as supervisorctl does, and expands what is known", () => {
    const { jobs } = read({
      "/etc/supervisord.conf": `[group:web]
programs=x, y
[program:x]
command=/opt/%(program_name)s --port=80%(process_num)02d
numprocs=3
process_name=%(program_name)s_%(process_num)02d
[program:y]
command=%(ENV_HOME)s/y
autostart=off
environment=A="1,2",PATH="/opt/bin:/bin"
[eventlistener:z]
command=bash -c "exec env A=1 z"
[fcgi-program:w]
command=/bin/sh -c 'sleep 1; w'
`,
    });
    expect(jobs.map(({ unit, program, shell, inactive }) => [unit, program, shell, inactive])).toEqual([
      ["web:*", "/opt/x", undefined, undefined],
      ["web:y", null, undefined, "manual"],
      ["z", "z", true, undefined],
      ["w", null, true, undefined],
    ]);
    expect(jobs[0]?.command).toBe("/opt/x --port=8000");
    expect(jobs[1]?.searchPath).toEqual(["/opt/bin", "/bin"]);
  });

  it("keeps what is broken as problems", () => {
    const { jobs, problems } = read({
      "/etc/supervisord.conf":
        "command=/bin/early\n[program:a]\nnonsense\ncommand='/bin/a\nstartsecs=soon\n[program:b]\nuser=www\n[include]\nfiles=/etc/loop.conf /nowhere/*.conf\n",
      "/etc/loop.conf": { link: "loop.conf" },
    });
    expect(jobs.map(({ unit, program }) => [unit, program])).toEqual([["a", null]]);
    expect(problems.sort()).toEqual([
      "/etc/loop.conf:null not a regular file, or a link to nowhere",
      "/etc/supervisord.conf:1 a line before the first section: supervisord does not start with it",
      "/etc/supervisord.conf:3 neither a section nor an option: supervisord does not start with it",
      "/etc/supervisord.conf:4 quotes that do not close: it cannot be started",
      "/etc/supervisord.conf:5 not a number: supervisord does not start with it",
      "/etc/supervisord.conf:null [program:b] has no command: supervisord refuses it",
    ]);
  });

  it("is known by its script where its process is an interpreter", () => {
    withTree({ "/etc/supervisord.conf": "[program:a]\ncommand=/bin/a\n", "/bin/a": "" }, ({ root }) => {
      const fitting = (argv: string[]) =>
        findJobs(root, {
          programs: ["/bin/a"],
          spawner: { pid: 5, comm: "supervisord", exe: "/usr/bin/python3.11", argv },
        }).matches[0]?.spawnerFits;
      expect(fitting(["/usr/bin/python3", "/usr/bin/supervisord", "-n"])).toBe(true);
      expect(fitting(["/usr/bin/python3", "/opt/other.py", "supervisord"])).toBeNull();
    });
  });
});

describe("words and patterns", () => {
  it("splits as Python's shlex does", () => {
    expect(splitWords(`a 'b  c'\\ d "e\\"f\\g" '' \\\\`)).toEqual(["a", "b  c d", 'e"f\\g', "", "\\"]);
    for (const open of ["'a", '"a', "a\\"]) expect(splitWords(open)).toBeNull();
    expect(splitWords(" \n ")).toEqual([]);
  });

  it("reads what a shell in the command runs", () => {
    expect(argvProgram(["/bin/bash", "-lc", "exec nice d"])).toEqual({ program: "d", chroot: null, shell: true });
    expect(argvProgram(["/bin/sh", "/opt/script"])).toEqual({ program: "/bin/sh", chroot: null, shell: false });
    expect(argvProgram(["su", "www", "-c", "d -x"])).toEqual({ program: "d", chroot: null, shell: true });
    expect(argvProgram([])).toEqual({ program: null, chroot: null, shell: false });
  });

  it.each<[string, string, boolean]>([
    ["*.conf", "a.conf", true],
    ["*.conf", ".a.conf", false],
    [".*", ".a", true],
    ["a?c", "abc", true],
    ["a?c", "ac", false],
    ["[a-c]x", "bx", true],
    ["[!a-c]x", "bx", false],
    ["[]x]", "]", true],
    ["[", "[", true],
    ["a*b*c", "aXbYbZc", true],
    ["a*b*c", "aXbYbZ", false],
    [`${"a*".repeat(30)}b`, "a".repeat(200), false],
  ])("%s and %s: %s", (pattern, name, expected) => expect(fits(pattern, name)).toBe(expected));
});
