import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stopWay } from "../../../src/diagnosis/packs/index.ts";
import { atOnce } from "../../../src/model/steps.ts";
import { shellQuote } from "../../../src/report/text/shell-quote.ts";
import { findJobs, readConfiguration, toRestart, type JobQuestion } from "../../../src/supervisors/index.ts";
import { readCommandLine } from "../../../src/supervisors/commands/shell-line.ts";
import { withTree, type Entry } from "./tree.ts";

const UNIT = "/etc/systemd/system/x.service";
const PROGRAMS: Record<string, Entry> = Object.fromEntries(
  [
    "/usr/bin/d",
    "/usr/sbin/d",
    "/usr/bin/dash",
    "/usr/bin/bash",
    "/usr/bin/env",
    "/usr/bin/sleep",
    "/usr/bin/worker",
  ].map((file) => [file, "x"]),
);
const LINKS: Record<string, Entry> = {
  "/bin": { link: "usr/bin" },
  "/usr/bin/sh": { link: "dash" },
  "/usr/lib/systemd/systemd": "x",
};

function found(exec: string, question: JobQuestion, more = ""): [string, string | null, string[] | null][] {
  const tree = { ...PROGRAMS, ...LINKS, [UNIT]: `[Service]\n${more}ExecStart=${exec}\nRestart=always\n` };
  return withTree(tree, ({ root }) =>
    findJobs(root, question, atOnce(readConfiguration(root))).matches.map(({ how, resolution }) => [
      how,
      resolution.resolvesTo,
      resolution.shadows,
    ]),
  );
}
const of = (program: string): JobQuestion => ({ programs: [program] });

describe("ExecStart= that starts a shell", () => {
  it.each([
    ["/bin/sh -c 'exec /usr/bin/d -f'"],
    ["/bin/sh -ec '/usr/bin/d'"],
    ["-/bin/bash -lc 'exec /bin/d'"],
    ["@/bin/sh other -c 'exec /usr/bin/d'"],
    [":+/usr/bin/env A=1 B=2 sh -c 'A=3 exec /usr/bin/d >/dev/null 2>&1'"],
    ["!!/bin/bash -euo pipefail -c 'exec nice -n 5 /usr/bin/d'"],
    ["/usr/bin/env -u X /usr/bin/d -f"],
  ])("%s is the unit of the program that it becomes", (exec) => {
    expect(found(exec, of("/usr/bin/d"))).toEqual([["command", "/usr/bin/d", []]]);
    // What is started first is the unit's too: it stays when the program is not there.
    expect(found(exec, of(exec.includes("bash") ? "/usr/bin/bash" : exec.includes("env") ? "/usr/bin/env" : "/usr/bin/dash"))).toEqual([["command", "/usr/bin/d", []]]); // prettier-ignore
  });

  it("searches a bare name as the shell does, and says what it shadows", () => {
    const question = of("/usr/sbin/d");
    expect(found("/bin/sh -c 'exec d'", question)).toEqual([["search-path", "/usr/sbin/d", ["/usr/bin/d"]]]);
    expect(found("/bin/sh -c 'PATH=/usr/bin:/bin; exec d'", question)).toEqual([["shell", "/usr/bin/d", []]]);
    expect(found("/usr/bin/env d", question, 'Environment=A=1 "PATH=/usr/bin:/usr/sbin"\n')).toEqual([
      ["shadowed", "/usr/bin/d", ["/usr/sbin/d"]],
    ]);
  });

  it("names a command that its shell may come to, under any name of the file, and no argument", () => {
    const loop = "/bin/sh -c 'while ! /bin/d; do sleep 1; done; echo /usr/sbin/d $(worker) && test -x /usr/bin/env'";
    expect(found(loop, of("/usr/bin/d"))).toEqual([["shell-command", "/usr/bin/sh", []]]);
    expect(found(loop, of("/usr/bin/worker"))).toEqual([["shell-command", "/usr/bin/sh", []]]);
    // Words that are no commands are still told, as no more than that.
    expect(found(loop, of("/usr/sbin/d"))).toEqual([["shell", "/usr/bin/sh", []]]);
    expect(found(loop, of("/usr/bin/dash"))).toEqual([["command", "/usr/bin/sh", []]]);
  });

  it("knows its own shell by the text that it runs, whatever systemd made of the dollars", () => {
    const question = { programs: [], shellText: "while d $$; do :; done" };
    expect(found("/bin/sh -c 'while d $$$$; do :; done'", question)).toEqual([["command", "/usr/bin/sh", []]]);
    expect(found(":/bin/sh -c 'while d $$; do :; done'", question)).toEqual([["command", "/usr/bin/sh", []]]);
    // The value of a variable of the manager is not known.
    expect(found("/bin/sh -c 'd ${X}; :'", { programs: [], shellText: "d ${X}; :" })).toEqual([]);
  });
});

describe("a command line", () => {
  it.each([
    ["sh -c", null, null, []],
    ["sh script -c x", null, null, []],
    ["sh -c $P", null, "$P", []],
    ["sh -c exit", null, "exit", []],
    ["bash --rcfile x --norc -c d", "d", "d", ["d"]],
    ["busybox sh -c d", "d", "d", ["d"]],
    ["nice d", "d", null, []],
    ["d", null, null, []],
  ])("%s", (line, becomes, text, commands) => {
    expect(readCommandLine(line.split(" "))).toMatchObject({ becomes, text, commands });
  });

  it("is followed into shells within, and ends", () => {
    expect(readCommandLine(["sh", "-c", `nice sh -c "d; sh -c 'e; f'" & g`]).commands).toEqual(
      expect.arrayContaining(["nice", "sh", "d", "e", "f", "g"]),
    );
    const text = "a;".repeat(1) + Array.from({ length: 500 }, (_, i) => `c${i}`).join(";");
    expect(readCommandLine(["sh", "-c", text]).commands).toHaveLength(64);
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[-+a-z$;&|(){}'"`\\\n <>]{0,20}$/), { maxLength: 6 }), (words) => {
        readCommandLine(["sh", "-c", ...words]);
        readCommandLine(["env", ...words]);
      }),
      { numRuns: 200 },
    );
  });
});

describe("real shells", () => {
  let folder = "";
  const names = ["p", "q", "r", "s"];
  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-shell-"));
    for (const name of names)
      fs.writeFileSync(path.join(folder, name), `#!/bin/sh\necho ${name} >> "$SAID"\nexit \${1:-0}\n`, { mode: 0o755 });
  });
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

  it.each([
    "exec p",
    "p; q && r || s",
    "p 1 || q",
    "if p 1; then q; else r; fi",
    "for x in q r; do p; done",
    "case x in (x) p;; (*) q;; esac",
    "A=1 p | q > /dev/null",
    "( p ); { q; }; ! r",
    "x=$(p); q `r`",
    "f() { p; }; f; exec env A=1 nice q",
    "p & wait; command q",
    "sh -c 'p; q'; echo s",
    "while p 1; do q; done; until r; do s; done",
  ])("come to no command that is not told: %s", (text) => {
    for (const shell of [text.length % 2 === 0 ? "sh" : "bash"]) {
      const said = path.join(folder, "said");
      fs.writeFileSync(said, "");
      try {
        execFileSync(shell, ["-c", text], { env: { PATH: `${folder}:/usr/bin:/bin`, SAID: said }, stdio: "ignore" });
      } catch {
        // Its exit status is none of ours.
      }
      const ran = new Set(
        fs
          .readFileSync(said, "utf8")
          .split("\n")
          .filter((name) => name !== ""),
      );
      expect(ran.size).toBeGreaterThan(0);
      const { commands } = readCommandLine([shell, "-c", text]);
      expect([...ran].filter((name) => !commands.includes(name))).toEqual([]);
      expect(
        commands.filter((name) => !names.includes(name) && !["sh", "env", "nice", "f", "x"].includes(name)),
      ).toEqual([]);
    }
  });
});

describe("a unit of a user's manager", () => {
  const tree: Record<string, Entry> = {
    ...LINKS,
    "/usr/bin/agent": "x",
    "/home/u/bin/poll": "x",
    "/etc/passwd": "root:x:0:0::/root:/bin/sh\nu:x:1000:1000::/home/u:/bin/sh\nw:x:1001:1001::/home/w:/bin/sh\n",
    "/home/u/.config/systemd/user/poll.service": "[Service]\nExecStart=%h/bin/poll\nRestart=always\n",
    "/usr/lib/systemd/user/agent.service": "[Service]\nExecStart=/usr/bin/agent\nRestart=always\n",
  };
  const wayOf = (question: JobQuestion, root: string) =>
    withTree(tree, ({ root: dir }) => {
      const [match] = findJobs(dir, question, atOnce(readConfiguration(dir))).matches;
      return stopWay(toRestart("storm-1", match!.job, match!.resolution, null), root);
    });
  const cgroup = "/user.slice/user-1001.slice/user@1001.service/app.slice/agent.service";
  const asUser = (name: string, uid: number): string =>
    `runuser -u ${name} -- env XDG_RUNTIME_DIR=/run/user/${uid} systemctl --user`;

  it("is stopped as that user, and started again", () => {
    const own = wayOf({ programs: ["/home/u/bin/poll"] }, "/");
    expect(shellQuote(own!.command)).toBe(`${asUser("u", 1000)} stop -- poll.service`);
    expect(shellQuote(own!.undo)).toBe(`${asUser("u", 1000)} start -- poll.service`);
  });

  it("that all share is masked for the one in whose cgroup it runs, and for nobody where none is known", () => {
    const shared = wayOf({ programs: [], cgroup }, "/");
    expect(shellQuote(shared!.command)).toBe(`${asUser("w", 1001)} mask --runtime --now -- agent.service`);
    expect(shellQuote(shared!.undo)).toBe(`${asUser("w", 1001)} unmask --runtime -- agent.service`);
    expect(wayOf({ programs: ["/usr/bin/agent"] }, "/")).toBeNull();
    expect(wayOf({ programs: [], cgroup }, "/mnt")).toBeNull();
  });
});
