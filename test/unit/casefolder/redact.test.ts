import { describe, expect, it } from "vitest";
import { Redaction } from "../../../src/casefolder/redact.ts";
import { redactArguments, REDACTED } from "../../../src/model/redact.ts";

const R = REDACTED;

describe("secrets in arguments", () => {
  it.each<[string[], string[]]>([
    [
      ["app", "--password=hunter2", "-v"],
      ["app", `--password=${R}`, "-v"],
    ],
    [
      ["app", "--db-password", "hunter2"],
      ["app", "--db-password", R],
    ],
    [
      ["app", "--token", "--verbose"],
      ["app", "--token", "--verbose"],
    ],
    [
      ["env", "AWS_SECRET_ACCESS_KEY=abc", "PATH=/bin"],
      ["env", `AWS_SECRET_ACCESS_KEY=${R}`, "PATH=/bin"],
    ],
    [
      ["sh", "-c", "x --api-key='a b' --user=me"],
      ["sh", "-c", `x --api-key=${R} --user=me`],
    ],
    [
      ["psql", "postgres://me:pw@db/x"],
      ["psql", `postgres://me:${R}@db/x`],
    ],
    [
      ["curl", "-H", "Authorization: Bearer abc"],
      ["curl", "-H", `Authorization: ${R}`],
    ],
    [
      ["curl", "-u", "me:pw", "http://a/b:c"],
      ["curl", "-u", `me:${R}`, "http://a/b:c"],
    ],
    [
      ["/usr/bin/mysql", "-phunter2", "-p", "db"],
      ["/usr/bin/mysql", `-p${R}`, "-p", "db"],
    ],
    [
      ["sshpass", "-p", "pw", "ssh", "h"],
      ["sshpass", "-p", R, "ssh", "h"],
    ],
  ])("%j", (argv, expected) => {
    expect(redactArguments(argv)).toEqual(expected);
  });

  it.each([[["ssh", "-p", "22", "-p2222", "host"]], [["grep", "password", "/etc/file"]], [["vi", "tokens.txt"]], [[]]])(
    "leaves %j as it is",
    (argv) => {
      expect(redactArguments(argv)).toBe(argv);
    },
  );

  it("does not take long over an argument made to make it so", () => {
    const hostile = ['password="'.repeat(20_000), "://".repeat(60_000) + "@", "authorization:".repeat(20_000)];
    expect(redactArguments(["x", ...hostile])).toHaveLength(4);
  });

  it("counts command lines, and leaves other events alone", () => {
    const redaction = new Redaction();
    const exec = {
      type: "exec",
      ts: 1,
      pid: 2,
      ppid: 1,
      comm: "a",
      exe: "/a",
      argv: ["a", "--token=t"],
      error: 0,
    } as const;
    expect(redaction.event({ ...exec, argv: [...exec.argv] })).toMatchObject({ argv: ["a", `--token=${R}`], pid: 2 });
    const exit = { type: "exit", ts: 2, pid: 2, comm: "a", code: 0, signal: null, thread: false } as const;
    expect(redaction.event(exit)).toBe(exit);
    expect(redaction.count).toBe(1);
  });
});
