import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listedProcesses } from "../../src/capture/hidden/listing.ts";
import { cannotRun, fenced, Programs } from "./tracefs-lab.ts";

const obstacle = cannotRun();

describe.skipIf(obstacle !== null)(`the listing of /proc${obstacle === null ? "" : ` (${obstacle})`}`, () => {
  let programs: Programs;
  beforeAll(() => {
    programs = new Programs();
  });
  afterAll(() => programs.remove());

  test("is whole while processes vanish from under it", async () => {
    const fence = programs.c("fenced");
    const storms = [1, 2].map(() => fenced(fence, 20, programs.c("chain"), ["4000", "0"]));
    const storm = { over: false };
    const ended = Promise.all(storms).finally(() => (storm.over = true));
    let listings = 0;
    while (!storm.over) {
      for (let i = 0; i < 20; i++) {
        const listed = listedProcesses();
        listings++;
        expect(listed.has(1) && listed.has(process.pid)).toBe(true);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    await ended;
    expect(listings).toBeGreaterThan(50);
  });
});
