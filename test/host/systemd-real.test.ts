import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startScenario, type RootTools, type RunningScenario } from "../../lab/lab.mjs";
import { whyNoSystemd } from "../../lab/systemd-tree.mjs";
import { limitAllowsRate, type Job } from "../../src/supervisors/index.ts";
import type { Observed, Request } from "./systemd-observe-script.ts";

const missing = whyNoSystemd();
const skip = missing !== null && !process.env["CI"];

const UNITS = "/etc/systemd/system";
const FLAKY = "/usr/local/bin/flaky";
const UNLIMITED = "whoforks-unlimited.service";
const PACED = "whoforks-paced.service";
const LIMITED = "whoforks-limited.service";
const LIMITED_CLEAN = "whoforks-limited-clean.service";
const HEALTHY = "whoforks-healthy.service";
const BLANK = `${UNITS}/${UNLIMITED}.d/30 it's "blank" \\x.conf`;
const CONTROL = `${UNITS}/${UNLIMITED}.d/40\t\u0001é$(x).conf`;
// `systemd-escape` writes a dash so; systemctl says such a file's path as it is, but escapes those of drop-ins.
const SHIPPED = "whoforks-shipped.service";
const ESCAPED = "whoforks-a\\x2db.service";
const RESTART_DROP_IN = `${UNITS}/${UNLIMITED}.d/20-restart.conf`;

interface MadeFile {
  text?: string;
  mode?: number;
  linkTo?: string;
}

function makeFile(tools: RootTools, inside: string, { text, mode, linkTo }: MadeFile): void {
  if (linkTo !== undefined) tools.link(inside, linkTo);
  else tools.write(inside, text ?? "", mode ?? 0o644);
}

function service(unit: string, lines: string): Record<string, MadeFile> {
  return {
    [`${UNITS}/${unit}`]: { text: lines },
    [`${UNITS}/multi-user.target.wants/${unit}`]: { linkTo: `../${unit}` },
  };
}

const FILES: Record<string, MadeFile> = {
  // Notes when it starts (seconds since the kernel booted) under the name it is given, and fails as it is told.
  [FLAKY]: { mode: 0o755, text: `#!/bin/sh\nread up idle < /proc/uptime\necho "$up" >> "/out/starts.$1"\nexit "$2"\n` },
  ...service(
    UNLIMITED,
    `[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=${FLAKY} ${UNLIMITED} 3\nRestart=no\nRestartSec=200ms\n`,
  ),
  [RESTART_DROP_IN]: { text: "# again\n[Service]\n\nRestart=always\n" },
  [BLANK]: { text: "[Service]\nNice=1\n" },
  [CONTROL]: { text: "[Service]\nNice=2\n" },
  ...service(
    PACED,
    `[Unit]\nStartLimitIntervalSec=1\nStartLimitBurst=5\n[Service]\nExecStart=${FLAKY} ${PACED} 3\nRestart=always\nRestartSec=200ms\n`,
  ),
  ...service(LIMITED, `[Service]\nExecStart=${FLAKY} ${LIMITED} 3\nRestart=always\n`),
  ...service(LIMITED_CLEAN, `[Service]\nExecStart=${FLAKY} ${LIMITED_CLEAN} 0\nRestart=always\n`),
  ...service(HEALTHY, "[Service]\nExecStart=/bin/sleep infinity\nRestart=always\n"),
  // As a package ships it; started by a link of the admin's.
  [`/usr/lib/systemd/system/${SHIPPED}`]: { text: "[Service]\nExecStart=/bin/sleep infinity\nRestart=always\n" },
  [`${UNITS}/multi-user.target.wants/${SHIPPED}`]: { linkTo: `/usr/lib/systemd/system/${SHIPPED}` },
  [`${UNITS}/${ESCAPED}`]: { text: "[Service]\nExecStart=/bin/true\n" },
  ...service("whoforks-observe.service", "[Service]\nExecStart=/opt/whoforks/node /opt/whoforks/observe/observe.mjs\n"),
};

describe.skipIf(skip)(`what a real systemd says of its services${skip ? ` (${missing})` : ""}`, () => {
  let scenario: RunningScenario | null = null;
  let bundle: string | null = null;
  let observed: Observed;
  const starts: Record<string, number[]> = {};

  beforeAll(async () => {
    if (missing !== null) throw new Error(`systemd cannot be booted here: ${missing}`);
    bundle = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-systemd-observe-"));
    await build({
      entryPoints: { observe: fileURLToPath(new URL("systemd-observe-script.ts", import.meta.url)) },
      outdir: bundle,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node20.19",
      logLevel: "silent",
    });
    const request: Request = {
      program: FLAKY,
      restarted: [UNLIMITED, PACED],
      failing: [LIMITED, LIMITED_CLEAN],
      others: [HEALTHY],
      shipped: SHIPPED,
      above: HEALTHY,
    };
    scenario = await startScenario(
      {
        name: "whoforks-services",
        about: "services that a real systemd starts again, with limits and without",
        system: "systemd",
        binds: { [process.execPath]: "/opt/whoforks/node", [bundle]: "/opt/whoforks/observe" },
        expected: { outcome: "healthy", exitCode: 0, kind: null },
        prepare(tools) {
          for (const [inside, file] of Object.entries(FILES)) makeFile(tools, inside, file);
          tools.write("/out/request.json", JSON.stringify(request));
          return {};
        },
      },
      { seconds: 60, pids: 300 },
    );
    const out = `${scenario.rootOnHost}/out`;
    await vi.waitUntil(() => fs.existsSync(`${out}/observed.json`), { timeout: 120_000, interval: 100 });
    observed = JSON.parse(fs.readFileSync(`${out}/observed.json`, "utf8")) as Observed;
    for (const unit of [UNLIMITED, PACED, LIMITED, LIMITED_CLEAN])
      starts[unit] = fs.readFileSync(`${out}/starts.${unit}`, "utf8").trim().split("\n").map(Number);
  }, 900_000);

  afterAll(async () => {
    await scenario?.stop();
    if (bundle !== null) fs.rmSync(bundle, { recursive: true });
  });

  function jobOf(unit: string): Job {
    const job = observed.jobs.find((each) => each.unit === unit);
    if (job === undefined) throw new Error(`no job ${unit}`);
    return job;
  }

  /** Starts a second and seconds of the starts that the program itself noted. */
  function rateOf(unit: string): { perSecond: number; seconds: number } {
    const times = starts[unit] as number[];
    const seconds = (times.at(-1) as number) - (times[0] as number);
    return { perSecond: times.length / seconds, seconds };
  }

  it("counts the restarts of the ones that go on, between two readings and as often as the program ran", () => {
    expect(observed.gaveUp).toBeNull();
    for (const unit of [UNLIMITED, PACED]) {
      const before = observed.first[unit]?.restarts ?? Number.NaN;
      const after = observed.second[unit]?.restarts ?? Number.NaN;
      expect(before, unit).toBeGreaterThan(8);
      expect(after, unit).toBeGreaterThan(before);
      // The first start is no restart; the program may have run again since it was asked.
      expect((starts[unit] as number[]).length, unit).toBeGreaterThanOrEqual(after);
      // Until it runs again, for a moment of its own.
      const isRunning = observed.second[unit]?.mainPid !== 0;
      expect(isRunning ? ["exit-code", "success"] : ["exit-code"], unit).toContain(observed.second[unit]?.result);
    }
    expect(observed.second[HEALTHY]).toMatchObject({ restarts: 0, result: "success" });
    expect(observed.comm[HEALTHY]).toBe("sleep");
  });

  it("stops at the default limit after five starts; Result= tells the limit only where the program ended well", () => {
    for (const unit of [LIMITED, LIMITED_CLEAN]) {
      expect(starts[unit], unit).toHaveLength(5);
      expect(observed.second[unit], unit).toEqual(observed.first[unit]);
      expect(observed.second[unit]?.mainPid, unit).toBe(0);
      // Four restarts, and the one that was refused is counted as well.
      expect(observed.second[unit]?.restarts, unit).toBe(5);
    }
    expect(observed.second[LIMITED]?.result).toBe("exit-code");
    expect(observed.second[LIMITED_CLEAN]?.result).toBe("start-limit-hit");
  });

  it("agrees with what the limits in the files allow", () => {
    const unlimited = rateOf(UNLIMITED);
    expect(limitAllowsRate(jobOf(UNLIMITED), unlimited.perSecond, unlimited.seconds)).toMatchObject({
      allowed: true,
      why: { code: "limit.unlimited", args: { maxPerSecond: 5 } },
    });
    const paced = rateOf(PACED);
    expect(limitAllowsRate(jobOf(PACED), paced.perSecond, paced.seconds)).toMatchObject({
      allowed: true,
      why: { code: "limit.never-trips" },
    });
    for (const unit of [LIMITED, LIMITED_CLEAN]) {
      const { perSecond, seconds } = rateOf(unit);
      expect(limitAllowsRate(jobOf(unit), perSecond, seconds)).toMatchObject({
        allowed: true,
        why: { code: "limit.burst-allowed", args: { burst: 5, starts: 5, seconds: 10 } },
      });
      // What it would have taken to go on: more starts than systemd allowed.
      expect(limitAllowsRate(jobOf(unit), unlimited.perSecond, unlimited.seconds)).toMatchObject({
        allowed: false,
        why: { code: "limit.would-have-stopped", args: { burst: 5, starts: 5, seconds: 10 } },
      });
    }
  });

  it("names the drop-in's line that brings it back", () => {
    expect(jobOf(UNLIMITED)).toMatchObject({
      file: RESTART_DROP_IN,
      line: 4,
      directive: "Restart=always",
      definition: `${UNITS}/${UNLIMITED}`,
    });
    expect(observed.second[UNLIMITED]).toMatchObject({
      fragment: `${UNITS}/${UNLIMITED}`,
      dropIns: [RESTART_DROP_IN, BLANK, CONTROL],
    });
  });

  it("comes from the same unit file and drop-ins as the files say, for every service of the system", () => {
    const loaded = observed.services.filter(({ live }) => live !== null);
    expect(loaded.length).toBeGreaterThan(20);
    expect(loaded.map(({ name, live }) => ({ name, ...live }))).toEqual(
      loaded.map(({ name, files }) => ({ name, ...files })),
    );
    expect(loaded.find(({ name }) => name === ESCAPED)?.live?.fragment).toBe(`${UNITS}/${ESCAPED}`);
    const notLoaded = observed.services.filter(({ live }) => live === null).map(({ name }) => name);
    expect(notLoaded.filter((name) => !name.includes("@."))).toEqual([]);
  });

  it("starts no unit that an experiment has masked, gives it back as it was, and masks none that others have or /run cannot hide", () => {
    const { masks, refusals } = observed;
    const runs = { load: "loaded", active: "active", linked: false, step: "before" };
    expect(masks.before).toEqual(runs);
    expect(masks.masked).toEqual({ load: "masked", active: "inactive", linked: true, step: "after" });
    expect(refusals.start).toContain("masked");
    expect(refusals.twice).toBe("experiment.refused.masked-already");
    expect(masks.after).toEqual(runs);
    expect(masks.aboveBefore).toEqual(runs);
    expect(refusals.above).toBe("experiment.refused.not-masked");
    expect(masks.aboveAfter).toEqual(runs);
  });

  it("says nothing of names that no unit has", () => {
    expect(observed.noSuch.facts?.fragment ?? null).toBeNull();
    expect(observed.noName).toEqual({ facts: null, why: "not a unit name" });
  });
});
