import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProcFacts } from "../../../src/model/snapshot.ts";
import { openRoot } from "../../../src/platform/root.ts";
import { whyReport } from "../../../src/report/why.ts";
import { why } from "../../../src/why/answer.ts";
import { startedFile } from "../../../src/why/descent.ts";
import { questionOf } from "../../../src/why/question.ts";
import type { Why } from "../../../src/why/result.ts";
import { restarts as schema } from "../../../src/why/schema.ts";
import { jsonReport } from "../../../src/report/json.ts";

let dir: string;
function file(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), text, { mode });
}

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "whoforks-why-"));
  for (const path of ["usr/bin/atd", "usr/sbin/atd", "usr/bin/poll", "usr/bin/odd\u001b[31m"])
    file(path, "\x7fELF", 0o755);
  for (const name of ["bin", "sbin"]) symlinkSync(`usr/${name}`, join(dir, name));
  file(
    "etc/inittab",
    [
      "id:2:initdefault:",
      "at:2345:respawn:atd -f",
      "al:2345:off:/usr/sbin/atd",
      "od:2:respawn:/usr/bin/odd\u001b[31m --password=x",
      "this is no line of it",
      "",
    ].join("\n"),
  );
  file("sbin/init", "\x7fELF", 0o755);
  file(
    "etc/systemd/system/poll.service",
    "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/usr/bin/poll\nRestart=always\nRestartSec=100ms\n[Install]\nWantedBy=multi-user.target\n",
  );
  file("usr/lib/systemd/systemd", "\x7fELF", 0o755);
});
afterAll(() => rmSync(dir, { recursive: true }));

async function ask(word: string): Promise<Why> {
  const answer = await why({
    version: "1",
    asked: word,
    question: questionOf(word, "/home/me"),
    root: openRoot(dir),
    sight: null,
  });
  expect(schema.safeParse(JSON.parse(jsonReport(answer))).error).toBeUndefined();
  return answer;
}

const OPTIONS = { columns: 80, colour: false, lang: "en", verbose: false, unicode: true } as const;

describe("what starts a program, by the files of a root", () => {
  it("the job whose bare name finds it first, with what it hides", async () => {
    const { verdict, restarts } = await ask("/usr/bin/atd");
    expect(verdict).toMatchObject({ outcome: "found", code: "why.brings-back" });
    expect(restarts[0]).toMatchObject({
      supervisor: "sysvinit",
      unit: "at",
      file: "/etc/inittab",
      line: 2,
      command: "atd -f",
    });
  });

  it("a job that is switched off comes last and says so", async () => {
    const answer = await ask("/usr/sbin/atd");
    const off = answer.restarts.find(({ unit }) => unit === "al");
    expect(off).toMatchObject({ inactive: "off", toldBy: ["command"] });
    expect(whyReport(answer, { ...OPTIONS, verbose: true })).toContain("switched off");
  });

  it("units with and without .service, of one supervisor or of any, and programs by name", async () => {
    for (const word of ["poll.service", "poll", "systemd:poll.service", "/usr/bin/poll", "/bin/poll"]) {
      const { restarts } = await ask(word);
      expect(
        restarts.map(({ unit }) => unit),
        word,
      ).toEqual(["poll.service"]);
      expect(restarts[0]).toMatchObject({
        delaySeconds: 0.1,
        limit: null,
        restarts: "always",
        resolvesTo: "/usr/bin/poll",
      });
    }
    expect((await ask("sysvinit:poll.service")).verdict).toMatchObject({ outcome: "not-found", code: "why.no-job" });
    expect((await ask("atd")).restarts.map(({ unit }) => unit)).toEqual(["at", "al"]);
  });

  it("what was looked at is named where nothing is found, and what was not understood", async () => {
    const answer = await ask("/usr/bin/none");
    expect(answer.verdict).toMatchObject({ outcome: "not-found", args: { looked: answer.looked } });
    expect(answer.looked).toEqual(expect.arrayContaining(["systemd", "sysvinit"]));
    expect(answer.couldNotLook).toContainEqual(
      expect.objectContaining({ code: "why.configuration", what: "/etc/inittab:5" }),
    );
  });

  it("a root without any configuration is no answer", async () => {
    const empty = mkdtempSync(join(tmpdir(), "whoforks-why-empty-"));
    const root = openRoot(empty);
    const answer = await why({ version: "1", asked: "x", question: questionOf("x", "/"), root, sight: null });
    rmSync(empty, { recursive: true });
    expect(answer.verdict).toMatchObject({ outcome: "could-not-look", code: "why.no-supervisor" });
  });

  it.each(["en", "zh-CN"] as const)("hostile names come out harmless, each line fits (%s)", async (lang) => {
    const answer = await ask("od");
    for (const columns of [40, 80, 200]) {
      const text = whyReport(answer, { ...OPTIONS, lang, columns });
      expect(text).not.toContain("\u001b");
      expect(text).toContain("/etc/inittab");
    }
  });
});

describe("a unit of an init that is not PID 1", () => {
  it("would start it, and does not by itself: another init runs", async () => {
    const root = openRoot(dir);
    const facts = { pid: 1, ppid: 0, comm: "sh", exe: "/usr/bin/poll" } as ProcFacts;
    const sight = { facts: () => facts, environment: () => null, rootOf: () => root };
    const answer = await why({ version: "1", asked: "poll", question: questionOf("poll", "/"), root, sight });
    expect(answer.verdict.code).toBe("why.would-not");
    expect(answer.restarts[0]).toMatchObject({ unit: "poll.service", inactive: "not-running" });
    expect(whyReport(answer, OPTIONS)).toContain("another init is PID 1 here");
  });
});

describe("a process that goes away while it is looked at", () => {
  const living = (pid: number, ppid: number, startedAfterBoot: number, exe: string): ProcFacts =>
    ({
      pid,
      ppid,
      startedAfterBoot,
      exe,
      comm: exe.slice(exe.lastIndexOf("/") + 1),
      argv: [exe],
      cgroup: "/",
      root: "/",
      mountNamespace: "mnt:[1]",
      pidNamespace: "pid:[1]",
      namespacePid: pid,
      kernelThread: false,
    }) as unknown as ProcFacts;
  const asked = (facts: (pid: number) => ProcFacts | null): Promise<Why> => {
    const root = openRoot(dir);
    const sight = { facts, environment: () => null, rootOf: () => root };
    return why({ version: "1", asked: "50", question: { kind: "process", pid: 50 }, root, sight });
  };
  const init = living(1, 0, 0, "/usr/lib/systemd/systemd");

  it("is told by its start time: a number that another has by the time of the answer", async () => {
    let looks = 0;
    const answer = await asked((pid) => (pid === 1 ? init : living(50, 1, looks++ === 0 ? 5 : 9, "/usr/bin/poll")));
    expect(answer.restarts[0]).toMatchObject({ unit: "poll.service" });
    expect(answer.couldNotLook).toContainEqual(expect.objectContaining({ code: "why.gone" }));
    const steady = await asked((pid) => (pid === 1 ? init : living(50, 1, 5, "/usr/bin/poll")));
    expect(steady.couldNotLook.map(({ code }) => code)).not.toContain("why.gone");
  });

  it("has no younger process for a parent, and no supervisor that died meanwhile", async () => {
    const younger = await asked((pid) =>
      pid === 50 ? living(50, 40, 5, "/usr/bin/poll") : living(40, 1, 9, "/usr/bin/x"),
    );
    expect(younger.line.map(({ pid }) => pid)).toEqual([50]);
    const dead = await asked((pid) => (pid === 50 ? living(50, 40, 5, "/usr/bin/none") : null));
    expect(dead.line.map(({ pid }) => pid)).toEqual([50]);
    expect(dead.verdict.outcome).toBe("not-found");
  });
});

describe("the question", () => {
  it.each([
    ["812", { kind: "process", pid: 812 }],
    ["0812", { kind: "name", supervisor: null, name: "0812" }],
    ["sysvinit:1", { kind: "name", supervisor: "sysvinit", name: "1" }],
    ["nobody:1", { kind: "name", supervisor: null, name: "nobody:1" }],
    ["./x", { kind: "file", path: "/home/me/x" }],
    ["/usr/bin/at:d", { kind: "file", path: "/usr/bin/at:d" }],
    ["cron.service", { kind: "name", supervisor: null, name: "cron.service" }],
  ])("%s", (word, question) => {
    expect(questionOf(word, "/home/me")).toEqual(question);
  });

  it.each([
    ["/usr/bin/dash", ["sh", "-e", "/opt/loop.sh", "x"], "/opt/loop.sh"],
    ["/usr/bin/dash", ["sh", "-c", "while :; do x; done"], null],
    ["/usr/bin/dash", ["sh"], null],
    ["/usr/bin/dash", ["sh", "loop.sh"], null],
    ["/usr/bin/python3.11", ["python3", "/usr/bin/supervisord"], "/usr/bin/supervisord"],
    ["/usr/bin/atd (deleted)", ["atd"], "/usr/bin/atd"],
    ["/usr/bin/worker", ["/usr/bin/dash", "/x"], "/usr/bin/worker"],
    [null, null, null],
  ])("a job would name %s %j by %s", (exe, argv, named) => {
    expect(startedFile({ exe, argv })).toBe(named);
  });
});

describe("a process in a container that docker started", () => {
  const ID = "4d".repeat(32);
  const facts = (pid: number, ppid: number, exe: string, place: string): ProcFacts => ({
    pid,
    ppid,
    comm: exe.slice(exe.lastIndexOf("/") + 1),
    state: "S",
    startedAfterBoot: pid,
    utime: 0,
    stime: 0,
    cutime: 0,
    cstime: 0,
    kernelThread: false,
    exe,
    root: "/",
    threads: [],
    argv: [exe],
    cgroup: place === "inside" ? `/system.slice/docker-${ID}.scope` : "/system.slice/containerd.service",
    cpuCgroup: null,
    ignoresSigchld: false,
    mountNamespace: `mnt:[${place}]`,
    pidNamespace: `pid:[${place}]`,
    namespacePid: pid,
  });

  it("is joined with the container's policy on the host, not with a file of the host that has its path", async () => {
    const host = mkdtempSync(join(tmpdir(), "whoforks-why-host-"));
    const inside = mkdtempSync(join(tmpdir(), "whoforks-why-inside-"));
    const container = join(host, "var/lib/docker/containers", ID);
    mkdirSync(container, { recursive: true });
    mkdirSync(join(host, "etc"));
    writeFileSync(join(container, "hostconfig.json"), '{"RestartPolicy":{"Name":"always"}}');
    writeFileSync(join(container, "config.v2.json"), '{"Name":"/web","Path":"/usr/bin/poll","Args":[]}');
    writeFileSync(join(host, "etc/inittab"), "po:2:respawn:/usr/bin/poll\n");
    const living = [
      facts(1, 0, "/sbin/init", "outside"),
      facts(40, 1, "/usr/bin/containerd-shim-runc-v2", "outside"),
      facts(50, 40, "/usr/bin/poll", "inside"),
      facts(60, 50, "/usr/bin/true", "inside"),
    ];
    const root = openRoot(host);
    const answer = await why({
      version: "1",
      asked: "60",
      question: questionOf("60", "/"),
      root,
      sight: {
        facts: (pid) => living.find((process) => process.pid === pid) ?? null,
        environment: () => null,
        rootOf: ({ mountNamespace }) => (mountNamespace === "mnt:[inside]" ? openRoot(inside) : root),
      },
    });
    rmSync(host, { recursive: true });
    rmSync(inside, { recursive: true });
    expect(answer.restarts.map(({ supervisor, unit, toldBy }) => [supervisor, unit, toldBy])).toEqual([
      ["docker", "web", ["cgroup"]],
    ]);
    expect(answer.line.map(({ pid }) => pid)).toEqual([1, 40, 50, 60]);
    expect(answer.starts).toBe(2);
  });
});
