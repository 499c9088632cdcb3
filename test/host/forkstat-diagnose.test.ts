import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { diagnosed } from "../support/whoforks.ts";
import { MEMBERS, RecordedStorms, RUNS } from "./recorded-storms.ts";
import { cannotRun } from "./tracefs-lab.ts";

const FORKSTAT = "/usr/bin/forkstat";
const obstacle = cannotRun() ?? (existsSync(FORKSTAT) || process.env["CI"] ? null : `needs ${FORKSTAT}`);

describe.skipIf(obstacle !== null)(`what forkstat prints${obstacle === null ? "" : ` (${obstacle})`}`, () => {
  let storms: RecordedStorms;
  beforeAll(() => {
    storms = new RecordedStorms();
  }, 60_000);
  afterAll(() => storms.remove());

  async function recorded(name: string, command: readonly string[]): Promise<string> {
    const file = storms.empty(name);
    const out = openSync(file, "w");
    const child = spawn(FORKSTAT, ["-l", "-e", "fork,exec,exit"], { stdio: ["ignore", out, "inherit"] });
    closeSync(out);
    const closed = once(child, "close");
    try {
      // With -l it prints its header as soon as it listens.
      for (let i = 0; i < 100 && readFileSync(file).length === 0; i++) await setTimeout(50);
      await setTimeout(200);
      await storms.run(command);
      await setTimeout(500);
    } finally {
      child.kill("SIGINT");
      await closed;
    }
    return file;
  }

  test("a chain is one, as far as its names go", async () => {
    const { result } = await diagnosed(["--from", await recorded("chain", storms.command("chain"))]);
    expect(result.sources[0]).toMatchObject({ kind: "forkstat", skipped: 0 });
    const storm = result.storms.find(({ kind }) => kind === "self-replicating-chain");
    // forkstat asks /proc for the name after an exec; of one who is gone by then it keeps the name of who forked him.
    expect(storm?.program).toMatchObject({ exe: null, comm: expect.stringMatching(/^wf-(?:chain|reaper)$/) });
    expect(storm?.reaper).toBeNull();
    expect(storm?.commands).toEqual([]);
    // What forkstat loses it does not notice.
    expect(storm?.processes).toBeLessThanOrEqual(MEMBERS + 1);
    const gaps = result.couldNotLook.map(({ code }) => code);
    expect(gaps).toEqual(expect.arrayContaining(["forkstat.no-files", "forkstat.no-argv", "forkstat.no-reaper"]));
  });

  test("a crash loop has its supervisor and its signal", async () => {
    const { result } = await diagnosed(["--from", await recorded("crash", storms.command("crash"))]);
    const storm = result.storms.find(({ kind }) => kind === "crash-loop");
    expect(storm).toMatchObject({ program: { comm: "wf-worker" }, spawner: { comm: "wf-superd" } });
    expect(storm?.processes).toBeLessThanOrEqual(RUNS);
    expect(storm?.exits[0]).toMatchObject({ signal: "SIGSEGV" });
  });
});
