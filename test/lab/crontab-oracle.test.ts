import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { startScenario } from "../../lab/lab.mjs";
import { readCrontab } from "../../src/supervisors/cron/crontab.ts";
import { needsLab } from "./needs.ts";

test("Debian's own crontab takes and refuses the same lines", async (context) => {
  needsLab(context);
  const scenario = await startScenario("quiet", { seconds: 110 });
  try {
    const takes = (line: string): boolean => {
      writeFileSync(`${scenario.rootOnHost}/run/table`, `${line}\n`);
      // -n: a look at the syntax and no more.
      const { status, stderr } = spawnSync("chroot", [scenario.rootOnHost, "/usr/bin/crontab", "-n", "/run/table"]);
      if (status !== 0 && !String(stderr).includes("errors in crontab file")) throw new Error(String(stderr));
      return status === 0;
    };
    expect([takes("* * * * * x"), takes("60 * * * * x")]).toEqual([true, false]);
    const element = fc.constantFrom("*", "0", "5", "7", "12", "31", "59", "60", "1-5", "5-1", "jan", "mon", "FRI-sun", "*/2", "1-9/3", "*/0", "5/2", "x", "", "1.5", "-1", "*x", "1-2-3", "1~2", "1-", "0x1"); // prettier-ignore
    const field = fc.array(element, { minLength: 1, maxLength: 3 }).map((elements) => elements.join(","));
    const entry = fc.tuple(field, field, field, field, field).map((fields) => `${fields.join(" ")} true`);
    const other = fc.constantFrom("@daily x", "@reboot", "@hour x", "A=b", " A = b", "A=", "'A'=b", "A b=c", "# x", "", "%", "= b", '"A=b', "A='b", 'A=""', 'A="b" c', 'A="b"c"', "A='b\"'", "x y", "*\t*\t* * * x"); // prettier-ignore
    fc.assert(
      fc.property(fc.oneof({ arbitrary: entry, weight: 5 }, other), (line) => {
        expect(readCrontab(`${line}\n`, "/table", false, []).broken, line).toBe(!takes(line));
      }),
      { numRuns: 250 },
    );
  } finally {
    await scenario.stop();
  }
}, 180_000);
