import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openRoot, type Root } from "../../src/platform/root.ts";
import { liveFacts } from "../../src/supervisors/index.ts";
import { parseSpan } from "../../src/supervisors/systemd/time.ts";
import { atOnce } from "../../src/model/steps.ts";
import { readServices, SYSTEMD_PATH } from "../../src/supervisors/systemd/systemd.ts";
import type { Problem } from "../../src/supervisors/types.ts";
import { layout, put, unitText } from "./random-units.ts";

const SYSTEMD = ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"].find((file) => fs.existsSync(file));
const missing = SYSTEMD === undefined ? "systemd is not installed" : null;
const skip = missing !== null && process.env["CI"] === undefined;

/** What both sides say about one service. */
interface Facts {
  state: string;
  fragment: string;
  dropIns: string[];
  restart: string;
  restartSeconds: number;
  type: string;
  killMode: string;
  exec: string[];
}

/**
 * The oracle: systemd itself in test mode loads units, prints what they amount to, and starts nothing. It does not run
 * as root, so root becomes nobody for it.
 */
function askSystemd(unitPath: string, names: readonly string[]): Map<string, Facts> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-target-"));
  try {
    fs.chmodSync(folder, 0o755);
    const wants = names.map((name) => `Wants=${name}\n`).join("");
    fs.writeFileSync(path.join(folder, "whoforks-all.target"), `[Unit]\nDefaultDependencies=no\n${wants}`);
    const asNobody =
      process.getuid?.() === 0 ? ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"] : [];
    const [program, ...args] = [
      ...asNobody,
      SYSTEMD as string,
      "--test",
      "--system",
      "--no-pager",
      "--unit=whoforks-all.target",
    ];
    const dump = execFileSync(program, args, {
      encoding: "utf8",
      env: {
        PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
        SYSTEMD_UNIT_PATH: `${folder}:${unitPath}`,
        SYSTEMD_LOG_LEVEL: "err",
        LC_ALL: "C",
      },
      stdio: ["ignore", "pipe", "ignore"],
      maxBuffer: 256 << 20,
      timeout: 60_000,
    });
    return parseDump(dump);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

function parseDump(dump: string): Map<string, Facts> {
  const units = new Map<string, Facts>();
  for (const part of dump.split(/^\t*-> Unit /m).slice(1)) {
    const name = part.slice(0, part.indexOf(":\n"));
    if (!name.endsWith(".service")) continue;
    const all = (key: string) =>
      [...part.matchAll(new RegExp(`^\\t+${key}: (.*)$`, "gm"))].map((match) => match[1] as string);
    const block = /-> ExecStart:\n((?:\t\t\t.*\n)*)/.exec(part)?.[1] ?? "";
    units.set(name, {
      state: all("Unit Load State")[0] ?? "",
      fragment: all("Fragment Path")[0] ?? "",
      dropIns: all("DropIn Path"),
      restart: all("Restart")[0] ?? "",
      restartSeconds: parseSpan(all("RestartSec")[0] ?? "") ?? Number.NaN,
      type: all("Type")[0] ?? "",
      killMode: all("KillMode")[0] ?? "",
      exec: [...block.matchAll(/^\t\t\tCommand Line: (.*)$/gm)].map((match) => match[1] as string),
    });
  }
  return units;
}

function ours(root: Root, hostDir: string): { units: Map<string, Facts>; problems: Problem[] } {
  const problems: Problem[] = [];
  const units = new Map<string, Facts>();
  for (const { unit, service } of atOnce(readServices(root, problems)))
    units.set(unit.name, {
      state: service.refused === null ? "loaded" : "bad-setting",
      fragment: hostDir + unit.fragment,
      dropIns: unit.dropIns.map((file) => hostDir + file),
      restart: service.restart?.value ?? "no",
      // The dump drops what is smaller than a second; the exact value has a test of its own below.
      restartSeconds: service.restartSeconds >= 1 ? Math.floor(service.restartSeconds) : service.restartSeconds,
      type: service.type,
      killMode: service.settings.KillMode ?? "control-group",
      exec: service.exec.map(({ command }) => command.argv.map(quote).join(" ")),
    });
  return { units, problems };
}

/** `shell_maybe_quote` of systemd, as its dump prints argv. */
function quote(word: string): string {
  if (word === "") return '""';
  if (!/[\x00-\x20\x7f"\\`$*?['()<>|&;!]/.test(word)) return word;
  return `"${word
    .replace(/["\\`$]/g, "\\$&")
    .replace(/\n/g, "\\n")
    .replace(/\t/g, "\\t")}"`;
}

/** systemd lists drop-ins that are links to /dev/null, we do not. */
const isNoMask = (file: string) => !fs.lstatSync(file).isSymbolicLink() || fs.readlinkSync(file) !== "/dev/null";
const real = (file: string) => (fs.existsSync(file) ? fs.realpathSync(file) : file);

describe.skipIf(skip)(`systemd itself says the same about units${missing === null ? "" : ` (${missing})`}`, () => {
  it("of this host: file, drop-ins, command lines, Restart=, RestartSec=, Type=, KillMode=", () => {
    const { units } = ours(openRoot("/"), "");
    const names = [...units.keys()].filter((name) => !name.includes("@."));
    expect(names.length).toBeGreaterThan(20);
    const theirs = askSystemd("", names);
    let compared = 0;
    for (const name of names) {
      const mine = units.get(name) as Facts;
      const their = theirs.get(name);
      expect(their, name).toBeDefined();
      if (their === undefined) continue;
      expect(mine.state, name).toBe(their.state);
      expect(real(mine.fragment), name).toBe(real(their.fragment));
      expect(mine.dropIns.map(real), name).toEqual(their.dropIns.map(real));
      const { fragment: _f, dropIns: _d, state: _s, ...settings } = mine;
      expect({ name, ...their, ...settings }).toEqual({ name, ...their });
      compared++;
    }
    expect(compared).toBe(names.length);
  });

  it("finds no service on this host that systemd calls masked or missing", () => {
    const { units } = ours(openRoot("/"), "");
    const folders = ["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"].filter((folder) =>
      fs.existsSync(folder),
    );
    const files = new Set(
      folders
        .flatMap((folder) => fs.readdirSync(folder))
        .filter((name) => name.endsWith(".service") && !name.includes("@")),
    );
    const theirs = askSystemd("", [...files]);
    // Instances that other units name in Wants= are not files; their templates are.
    const loaded = [...theirs]
      .filter(([name, { state }]) => state === "loaded" && !name.includes("@"))
      .map(([name]) => name);
    const gone = [...theirs]
      .filter(([, { state }]) => state === "masked" || state === "not-found")
      .map(([name]) => name);
    expect(loaded.filter((name) => !units.has(name))).toEqual([]);
    expect(gone.filter((name) => units.has(name))).toEqual([]);
  });

  it("that were made at random", () => {
    const texts = fc.sample(unitText, { numRuns: 900, seed: 20_261 });
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-units-"));
    const folder = path.join(dir, "etc/systemd/system");
    try {
      fs.mkdirSync(folder, { recursive: true });
      for (const each of [dir, path.join(dir, "etc"), path.join(dir, "etc/systemd"), folder]) fs.chmodSync(each, 0o755);
      const names = texts.map((text, i) => {
        const name = `made-${i}.service`;
        fs.writeFileSync(path.join(folder, name), text);
        return name;
      });
      const theirs = askSystemd(folder, names);
      const { units } = ours(openRoot(dir), dir);
      const comparable = names.filter((name) => theirs.get(name)?.state === "loaded");
      expect(comparable.length).toBeGreaterThan(100);
      for (const [i, name] of names.entries()) {
        const text = `${name}\n${JSON.stringify(texts[i]?.toString("latin1"))}`;
        const their = theirs.get(name) as Facts;
        const mine = units.get(name);
        if (their.state !== "loaded") {
          // Without a command systemd has nothing to start; with one, we must have seen why it refuses.
          if (mine !== undefined && mine.exec.length > 0) expect(mine.state, text).not.toBe("loaded");
          continue;
        }
        expect(mine, text).toEqual({ ...their, fragment: mine?.fragment });
      }
    } finally {
      fs.rmSync(dir, { recursive: true });
    }
  });

  it("about folders made at random: which file, which drop-ins in which order, masks, aliases, instances", () => {
    let compared = 0;
    for (const [round, layouts] of fc
      .sample(fc.array(layout, { minLength: 12, maxLength: 12 }), { numRuns: 8, seed: 7 })
      .entries()) {
      const dir = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-layout-"));
      const folders = ["etc/systemd/system", "run/systemd/system", "usr/lib/systemd/system"];
      try {
        for (const folder of folders) fs.mkdirSync(path.join(dir, folder), { recursive: true });
        for (const [i, entries] of layouts.entries())
          for (const [place, name, kind] of entries)
            put(path.join(dir, folders[place] as string), name.replaceAll("NAME", `n${i}-b`), kind, i);
        execFileSync("chmod", ["-R", "a+rX", dir]);
        const names = layouts.flatMap((_, i) => [`n${i}-b.service`, `n${i}-b-t@x.service`, `alias${i}.service`]);
        const theirs = askSystemd(folders.map((folder) => path.join(dir, folder)).join(":"), names);
        const { units } = ours(openRoot(dir), dir);
        for (const name of names) {
          const their = theirs.get(name);
          const mine = units.get(name);
          const where = `round ${round} ${name}\n${JSON.stringify(layouts)}`;
          // An alias is shown under its own unit's name; a refused or masked unit has nothing to compare.
          if (their?.state !== "loaded" && their?.state !== "bad-setting") continue;
          // Instances that no link wants are known to the asker only.
          if (mine === undefined && name.includes("@")) continue;
          compared++;
          if (mine === undefined) expect(their.exec, where).toEqual([]);
          else
            expect({ fragment: mine.fragment, dropIns: mine.dropIns, exec: mine.exec }, where).toEqual({
              fragment: their.fragment,
              dropIns: their.dropIns.filter(isNoMask),
              exec: their.exec,
            });
        }
        for (const [name, mine] of units)
          if (!name.includes("@.") && names.includes(name))
            expect(["loaded", "bad-setting"], `${round} ${name} ${mine.fragment}`).toContain(theirs.get(name)?.state);
      } finally {
        fs.rmSync(dir, { recursive: true });
      }
    }
    expect(compared).toBeGreaterThan(50);
  });

  it("about time spans (systemd-analyze timespan)", () => {
    const spans = [
      "5",
      "100ms",
      "1min 20s",
      "1min20s",
      "1.5h",
      ".5",
      "1 2",
      "2M",
      "2m",
      "3 weeks 1us",
      "1.000001",
      "infinity",
      "9y",
      "",
      "soon",
      "5 parsecs",
      "-1",
      "+3",
      "1..5",
      "5.",
      "1 min",
      "0",
    ];
    for (const span of spans) {
      let theirs: number | null = null;
      try {
        const out = execFileSync("systemd-analyze", ["timespan", "--", span], {
          encoding: "utf8",
          stdio: ["ignore", "pipe", "ignore"],
          env: { ...process.env, LC_ALL: "C.UTF-8" },
        });
        theirs = Number(/s: (\d+)/.exec(out)?.[1]) / 1e6;
      } catch (error) {
        expect((error as { status: number }).status).toBe(1);
      }
      const mine = parseSpan(span);
      if (theirs === null || mine === null || span === "infinity")
        expect([span, mine === null]).toEqual([span, theirs === null]);
      else expect(mine, span).toBeCloseTo(theirs, 6);
    }
  });

  it("searches programs in the order that systemd-path tells", ({ skip }) => {
    if (!fs.existsSync("/usr/bin/systemd-path")) {
      if (process.env["CI"] !== undefined) expect.fail("systemd-path is not installed");
      skip("systemd-path is not installed");
    }
    const order = execFileSync("/usr/bin/systemd-path", ["search-binaries-default"], { encoding: "utf8" })
      .trim()
      .split(":");
    expect(SYSTEMD_PATH.slice(0, order.length)).toEqual(order);
  });

  it("is asked live only where it runs this host", async () => {
    const answer = await liveFacts("dbus.service");
    if (fs.existsSync("/run/systemd/system")) expect(answer.facts?.fragment).toMatch(/dbus(?:-broker)?\.service$/);
    else expect(answer).toEqual({ facts: null, why: "systemd does not run this host" });
  });
});
