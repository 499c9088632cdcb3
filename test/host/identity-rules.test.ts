import { execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Identities } from "../../src/identity/result.ts";
import { identities as schema } from "../../src/identity/schema.ts";
import { openRoot } from "../../src/platform/root.ts";
import { FileRules } from "../../src/rules/index.ts";
import { yaraLibrary } from "../../src/rules/library.ts";
import { need } from "../support/needs.ts";
import { whoforks } from "../support/whoforks.ts";
import { hasDpkg, isRoot, useMadeRoot } from "./identity-made-root.ts";

const PROGRAM = new URL("../../dist/rule-scanner.js", import.meta.url);
const library = yaraLibrary();

let top: string;
beforeEach((context) => {
  need(
    context,
    typeof library !== "string",
    `the package @litko/yara-x: ${typeof library === "string" ? library : ""}`,
  );
  top = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-rules-"));
  fs.mkdirSync(`${top}/rules`);
});
afterEach(() => fs.rmSync(top, { recursive: true, force: true }));

const rules = (files: Record<string, string>): void => {
  for (const [name, source] of Object.entries(files)) fs.writeFileSync(`${top}/rules/${name}`, source);
};

/** Takes minutes for a content of many `a`. */
const ENDLESS = "rule endless { strings: $a = /a.*a.*a.*b/s condition: $a }";
const NEEDLE = 'rule needle { strings: $a = "needle" condition: $a }';

describe("identify --rules", () => {
  const rootOf = useMadeRoot();

  test("a match is a reason, also where nothing else is wrong; what cannot be used is told", async (context) => {
    need(context, isRoot && hasDpkg, "root and dpkg");
    const root = rootOf(true);
    root.install({ name: "tools", files: { "usr/bin/true": "a needle", "usr/bin/other": "other" } });
    root.write("/usr/local/bin/mine", "another needle");
    rules({
      "a.yar": `rule needle { meta: description = "a 'needle' \u202e" strings: $a = "needle" condition: $a }`,
      "bad.YARA": "\nrule bad { condition: }",
      "names.yara": 'rule named_other { condition: filepath == "/usr/bin/other" and filename == "other" }',
      "not-a-rule.txt": "rule not { condition: true }",
    });
    execFileSync("mkfifo", [`${top}/rules/fifo.yar`]);
    const run = async (...args: string[]): Promise<Identities> => {
      const { stdout, stderr } = await whoforks(["identify", "--json", "--rules", `${top}/rules`, ...args]);
      if (stdout === "") throw new Error(stderr);
      const json: unknown = JSON.parse(stdout);
      expect(schema.safeParse(json).error?.message).toBeUndefined();
      return json as Identities;
    };

    const all = await run("--all", "--root", root.dir);
    const matches = all.identities.map(({ path: at, verdict, concern, reasons }) => [
      at,
      verdict,
      concern,
      ...reasons.filter(({ code }) => code === "identity.rule-matches").map(({ args }) => args["rule"]),
    ]);
    expect(matches).toEqual([
      ["/usr/local/bin/mine", "local", "unsure", "needle"],
      ["/usr/bin/other", "genuine", "unsure", "named_other"],
      ["/usr/bin/true", "genuine", "unsure", "needle"],
    ]);
    expect(all.couldNotLook.map(({ what, code, args }) => [what, code, args["line"] ?? args["why"]])).toEqual([
      [`${top}/rules/fifo.yar`, "identify.rules-unread", "not-regular"],
      [`${top}/rules/bad.YARA`, "identify.rules-broken", 2],
    ]);
    expect(all.rules).toEqual({
      folder: `${top}/rules`,
      usable: true,
      files: 2,
      broken: 1,
      scanned: 3,
      matched: 3,
      unscanned: 0,
    });

    const { stdout } = await whoforks(["identify", "--rules", `${top}/rules`, "--root", root.dir, "/usr/bin/true"]);
    const text = stdout.replaceAll(/\s+/g, " ");
    expect(text).toContain(`matches YARA rule needle of ${top}/rules/a.yar: a 'needle' \\u{202e}`);
    expect(text).toContain(`yara ${top}/rules/a.yar ${root.dir}/usr/bin/true`);
  });
});

describe("the scanning process", () => {
  const host = openRoot("/");
  const open = async (limits: object = {}, program = PROGRAM): Promise<FileRules> => {
    const opened = await FileRules.open(host, `${top}/rules`, { program, limits });
    if (opened === null) throw new Error("no rules");
    return opened;
  };
  const found = async (opened: FileRules, name: string): Promise<unknown[]> =>
    (await opened.matches(host, `${top}/${name}`)).map(({ args }) => args["rule"]);
  const codes = (opened: FileRules): string[] => opened.gaps.map(({ code }) => code);

  test("a rule that comes to no end, and a crash, cost one answer each; too many of them end it", async () => {
    rules({ "endless.yar": ENDLESS, "needle.yar": NEEDLE });
    fs.writeFileSync(`${top}/slow`, Buffer.alloc(8 << 20, "a"));
    fs.writeFileSync(`${top}/slow-too`, Buffer.alloc(8 << 20, "a"));
    fs.writeFileSync(`${top}/quick`, "needle");
    fs.writeFileSync(`${top}/after`, "another needle");
    const opened = await open({ scanMs: 1000, losses: 2 });
    try {
      expect(await found(opened, "slow")).toEqual([]);
      expect(codes(opened)).toEqual(["identify.rules-timed-out"]);
      expect(opened.pid).toBeNull();
      expect(await found(opened, "quick")).toEqual(["needle"]);
      const pending = found(opened, "slow-too");
      process.kill(opened.pid as number, "SIGSEGV");
      expect(await pending).toEqual([]);
      expect(await found(opened, "after")).toEqual([]);
      expect(codes(opened).slice(1)).toEqual(["identify.rules-crashed", "identify.rules-given-up"]);
      expect(opened.gaps[1]?.args["signal"]).toBe("SIGSEGV");
      expect(opened.account).toMatchObject({ scanned: 1, matched: 1, unscanned: 3 });
    } finally {
      opened.close();
    }
  });

  test("it does not outlive who asked, also where that was killed", async () => {
    rules({ "endless.yar": ENDLESS });
    fs.writeFileSync(`${top}/slow`, Buffer.alloc(8 << 20, "a"));
    const bin = fileURLToPath(new URL("../../bin/whoforks", import.meta.url));
    const asking = spawn(process.execPath, [bin, "identify", "--rules", `${top}/rules`, `${top}/slow`], {
      stdio: "ignore",
    });
    const childOf = (pid: number): number | null => {
      const text = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
      return text === "" ? null : Number(text.split(" ")[0]);
    };
    const busy = (pid: number): boolean => Number(fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[13]) > 40;
    let scanner: number | null = null;
    await until(() => (scanner ??= childOf(asking.pid as number)) !== null && busy(scanner));
    asking.kill("SIGKILL");
    await until(
      () => !fs.existsSync(`/proc/${scanner}`) || fs.readFileSync(`/proc/${scanner}/stat`, "utf8").includes(") Z "),
    );
  });

  test("without the package that is said, and nothing was looked at", async () => {
    rules({ "needle.yar": NEEDLE });
    fs.writeFileSync(`${top}/quick`, "needle");
    // The program where no node_modules is.
    const dist = new URL("../../dist/", import.meta.url);
    fs.cpSync(dist, `${top}/dist`, { recursive: true });
    fs.writeFileSync(`${top}/package.json`, '{ "type": "module" }');
    const opened = await open({}, new URL(`file://${top}/dist/rule-scanner.js`));
    try {
      expect(await found(opened, "quick")).toEqual([]);
      expect(codes(opened)).toEqual(["identify.rules-no-library"]);
      expect(opened.account).toMatchObject({ usable: false, scanned: 0 });
    } finally {
      opened.close();
    }
  });
});

/** Looks again and again; the test's own timeout is the end. */
async function until(is: () => boolean): Promise<void> {
  while (!is()) await new Promise((resolve) => setTimeout(resolve, 50));
}
