import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unwrap } from "../../../src/supervisors/commands/wrappers.ts";

const left = (command: string) => unwrap(command.split(" ")).words.join(" ");

describe("what a wrapper runs", () => {
  it.each([
    ["/usr/bin/d -f", "/usr/bin/d -f"],
    ["chpst -u www:adm -n 5 -v /usr/bin/d -f", "/usr/bin/d -f"],
    ["chpst -uwww -P d", "d"],
    ["exec chpst -e ./env -o 64 d", "d"],
    ["setuidgid log d -u", "d -u"],
    ["envuidgid log softlimit -m 8000000 -f10 d", "d"],
    ["/command/s6-setuidgid nobody s6-envdir -I ./env d", "d"],
    ["s6-softlimit -h -m 100 d", "d"],
    ["nice d", "d"],
    ["nice -5 d", "d"],
    ["nice -n 5 d -n", "d -n"],
    ["nice --adjustment=5 d", "d"],
    ["nice --adjustment 5 d", "d"],
    ["ionice -c2 -n 7 d", "d"],
    ["/usr/bin/env -i -u HOME A=b PATH=/bin d A=c", "d A=c"],
    ["env -- A=b d", "d"],
    ["flock -n -E 5 /run/lock d -c x", "d -c x"],
    ["timeout -k 5 --signal=TERM 10s d", "d"],
    ["setsid -w d", "d"],
    ["exec -a other d", "d"],
    ["start-stop-daemon --start --quiet --pidfile /run/d.pid --exec /usr/sbin/d -- -f -x", "/usr/sbin/d -f -x"],
    ["start-stop-daemon -S -x /usr/bin/perl -a /usr/sbin/d -c nobody", "/usr/sbin/d"],
    ["runuser -u www -- d -f", "d -f"],
    ["sudo -u www A=b d", "d"],
    ["tini -g -- d", "d"],
    ["nice", ""],
    ["unknown-wrapper d", "unknown-wrapper d"],
  ])("%s", (command, program) => expect(left(command)).toBe(program));

  it.each([
    [["su", "-", "www", "-c", "exec d"], "exec d"],
    [["su", "-s", "/bin/sh", "-c", "d -f", "www"], "d -f"],
    [["runuser", "www", "--command=d"], "d"],
    [["flock", "/run/lock", "-c", "d | e"], "d | e"],
    [["flock", "-c", "d", "/run/lock"], "d"],
  ])("%j goes through a shell", (command, text) => {
    expect(unwrap(command)).toMatchObject({ words: [], shellText: text });
  });

  it("tells a root of its own, and all that was taken off", () => {
    expect(unwrap(["nice", "chpst", "-/", "/jail", "/bin/d"])).toEqual({
      words: ["/bin/d"],
      shellText: null,
      through: ["nice", "chpst"],
      chroot: "/jail",
    });
    expect(unwrap(["chroot", "/jail", "/bin/d"])).toMatchObject({ words: ["/bin/d"], chroot: "/jail" });
  });

  it("agrees with the real programs about where the command begins", () => {
    // Those that every host has. Each runs `echo`, which prints what it was given.
    for (const command of [
      ["nice", "-n", "1", "echo", "-n1", "x"],
      ["nice", "-1", "echo", "x"],
      ["env", "-i", "-u", "HOME", "A=b", "/bin/echo", "A=c"],
      ["timeout", "-k", "5", "--signal=TERM", "10s", "echo", "-k"],
      ["setsid", "-w", "echo", "-w"],
      ["nohup", "echo", "x"],
      ["stdbuf", "-o", "L", "-eL", "echo", "x"],
      ["ionice", "-c", "3", "echo", "-c"],
      ["flock", "-n", "-E", "5", "/dev/null", "echo", "-c", "x"],
      ["flock", "/dev/null", "-c", "echo 'x  y'"],
    ]) {
      const [file, ...args] = command as [string, ...string[]];
      const { words, shellText } = unwrap(command);
      const run = shellText === null ? words : ["sh", "-c", shellText];
      const direct = execFileSync(run[0] as string, run.slice(1), { encoding: "utf8" });
      expect(execFileSync(file, args, { encoding: "utf8" }), command.join(" ")).toBe(direct);
    }
  });

  it("ends for any words, and what is left is the end of what was given", () => {
    const word = fc.constantFrom("nice", "env", "su", "-", "--", "-c", "-n", "flock", "chpst", "start-stop-daemon", "A=b", "d", "", "-x", "--exec", "constructor", "__proto__"); // prettier-ignore
    fc.assert(
      fc.property(fc.array(word, { maxLength: 200 }), (words) => {
        const result = unwrap(words);
        expect(result.through.length).toBeLessThanOrEqual(16);
        if (!result.through.includes("start-stop-daemon"))
          expect(words.slice(words.length - result.words.length)).toEqual(result.words);
      }),
    );
  });
});
