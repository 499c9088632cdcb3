import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { cannotRun, capture, fenced, polling, Programs, stopAll } from "./tracefs-lab.ts";

const FORKSTAT = "/usr/bin/forkstat";
const COUNT = 400;
/** The program, and the fence that starts it: forkstat knows the program under the fence's name until it reads it anew. */
const NAMES = new Set(["wf-forkstat", "fenced"]);

const obstacle = cannotRun() ?? (existsSync(FORKSTAT) || process.env["CI"] ? null : `needs ${FORKSTAT}`);

describe.skipIf(obstacle !== null)(
  `the same storm beside forkstat -S${obstacle === null ? "" : ` (${obstacle})`}`,
  () => {
    let programs: Programs;
    beforeAll(() => {
      programs = new Programs();
    });
    afterAll(() => programs.remove());
    afterEach(stopAll);

    test("as many forks and exits of the program as forkstat's totals say", async () => {
      const fence = programs.c("fenced");
      const program = programs.c("children", "wf-forkstat");
      const oracle = await startForkstat();
      const { events, observer } = capture();
      await polling([observer], 20, fenced(fence, 20, program, [String(COUNT)]));
      const ledger = observer.stop();
      const totals = await oracle.totals(program);

      expect(ledger.lost).toBe(0);
      const named = events.filter((event) => "comm" in event && NAMES.has(event.comm));
      const forks = named.filter((event) => event.type === "fork").length;
      const exits = named.filter((event) => event.type === "exit").length;
      expect({ forks, exits }).toEqual({ forks: COUNT + 2, exits: COUNT + 3 });
      expect(totals.forks).toBe(forks);
      // It reads names in /proc when it hears of an end, and counts those that were gone by then under no name.
      expect(totals.exits).toBeLessThanOrEqual(exits);
      expect(totals.exits + totals.namelessExits).toBeGreaterThanOrEqual(exits);
    });
  },
);

/** Starts forkstat and resolves when it prints its header, i.e. listens. */
async function startForkstat() {
  const child = spawn(FORKSTAT, ["-S", "-e", "fork,exec,exit"], { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString("latin1")));
  const closed = new Promise((resolve) => child.on("close", resolve));
  // Its output into a pipe is held back, so it is given a moment instead.
  await setTimeout(1000);
  return {
    /** Sums of the table at its end (forkstat(8), -S) over the lines of one program. */
    async totals(program: string): Promise<{ forks: number; exits: number; namelessExits: number }> {
      await setTimeout(500);
      child.kill("SIGINT");
      await closed;
      const sums = { forks: 0, exits: 0, namelessExits: 0 };
      // Ten columns of numbers (Fork Exec Exit … Total), then the command, cut.
      for (const [, forks, exits, command = ""] of out.matchAll(/^ *(\d+) +\d+ +(\d+)(?: +\d+){7} +(.*)$/gm)) {
        if (command.startsWith("<unknown>")) sums.namelessExits += Number(exits);
        // The beginning of its command line, or its task name where that was all it could read.
        const [name = ""] = command.trim().split(" ");
        if (!NAMES.has(name) && !(name.length > 20 && name.startsWith(dirname(program)))) continue;
        sums.forks += Number(forks);
        sums.exits += Number(exits);
      }
      return sums;
    },
  };
}
