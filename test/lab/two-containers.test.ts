import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { clearLeftovers, startScenario, type RunningScenario } from "../../lab/lab.mjs";
import { diagnosed, whoforks } from "../support/whoforks.ts";
import { needsLab } from "./needs.ts";

beforeAll(() => {
  if (process.getuid?.() === 0) clearLeftovers();
});

/** Two chains of one path at once, each in a root of its own; in the second nobody has ever heard of the package `at`. */
async function twoRoots(use: (both: [RunningScenario, RunningScenario]) => Promise<void>): Promise<void> {
  const options = { seconds: 25, delay: 0, rate: 800 };
  const first = await startScenario("case", options);
  try {
    const second = await startScenario("case", options);
    try {
      forgetPackage(second.rootOnHost, "at");
      await use([first, second]);
    } finally {
      await second.stop();
    }
  } finally {
    await first.stop();
  }
}

function forgetPackage(root: string, name: string): void {
  const status = `${root}/var/lib/dpkg/status`;
  const stanzas = readFileSync(status, "utf8").split("\n\n");
  writeFileSync(status, stanzas.filter((stanza) => !stanza.startsWith(`Package: ${name}\n`)).join("\n\n"));
  for (const file of ["list", "md5sums"]) rmSync(`${root}/var/lib/dpkg/info/${name}.${file}`, { force: true });
  rmSync(`${root}/usr/sbin/atd`);
}

test("the same path in two containers: two storms, each judged by its own root's packages", async (context) => {
  needsLab(context);
  await twoRoots(async ([first, second]) => {
    const { exitCode, result } = await diagnosed(["--duration", "6s"]);
    expect(exitCode).toBe(1);
    const chains = result.storms.filter(({ kind }) => kind === "self-replicating-chain");
    expect(chains.map(({ program }) => program.exe)).toEqual(["/usr/bin/atd", "/usr/bin/atd"]);
    const of = (scenario: RunningScenario): (typeof chains)[number] | undefined =>
      chains.find(({ reaper }) => reaper?.pid === scenario.initPid);
    for (const [scenario, verdict] of [
      [first, "impostor"],
      [second, "unpackaged"],
    ] as const) {
      const storm = of(scenario);
      expect(storm?.program.root).toBe(`/proc/${scenario.initPid}/root`);
      expect(storm?.reaper?.namespacePid).toBe(1);
      expect(storm?.cgroup).toBe(`/${scenario.rootOnHost.split("/").at(-2) ?? ""}`);
      expect(storm?.container?.runtime).toBe("namespaces");
      const identity = result.identities.find(({ root }) => root === storm?.program.root);
      expect(identity).toMatchObject({ path: "/usr/bin/atd", verdict });
      const start = Date.parse(result.window.start ?? "");
      const { seconds } = result.window;
      const real = (scenario.forksBetween(start, start + seconds * 1000) ?? Number.NaN) / seconds;
      expect((storm?.perSecond ?? 0) / real).toBeGreaterThan(0.9);
      expect((storm?.perSecond ?? 0) / real).toBeLessThan(1.1);
    }
    const screen = await whoforks(["diagnose", "--lang", "en", "--no-color"]);
    expect(screen.stdout).toContain(", 1 in its container");
    expect(screen.stdout).toMatch(/also +1 more storm .*\/usr\/bin\/atd \[namespaces/);
  });
});
