import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openRoot } from "../../src/platform/root.ts";
import { survey, type Survey } from "../../src/survey/index.ts";
import { hasDpkg, isRoot, madeRoot, need, type MadeRoot } from "./identity-made-root.ts";
import { rpmRoot, RPM_TOOLS } from "./identity-rpm-root.ts";

/** Real packages: set-id programs of root, of `daemon`, of the group `crontab`; alternatives; jobs of three inits. */
const PACKAGES = ["at", "cron", "mount", "mawk"];

let downloads = "";
let missing: string | null = null;
beforeAll(() => {
  downloads = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-debs-"));
  if (!isRoot || !hasDpkg) missing = "root and dpkg, to fill a root with packages";
  else if (
    spawnSync("apt-get", ["-o", "APT::Sandbox::User=root", "-qq", "download", ...PACKAGES], { cwd: downloads })
      .status !== 0
  ) {
    missing = `the packages ${PACKAGES.join(", ")}, from the Debian archive`;
  }
});
beforeEach((context) => need(context, missing === null, missing ?? ""));
const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0)) step();
});
afterAll(() => fs.rmSync(downloads, { recursive: true, force: true }));

function debianRoot(merged: boolean): MadeRoot {
  const root = madeRoot(merged);
  undo.push(() => root.remove());
  for (const deb of fs.readdirSync(downloads)) {
    root.installWithoutScripts(path.join(downloads, deb));
    fs.mkdirSync(root.host("/var/cache/apt/archives"), { recursive: true });
    fs.copyFileSync(path.join(downloads, deb), root.host(`/var/cache/apt/archives/${deb}`));
  }
  root.alternatives("--install", "/usr/bin/awk", "awk", "/usr/bin/mawk", "5");
  for (const file of ["/etc/passwd", "/etc/group"]) fs.copyFileSync(file, root.host(file));
  return root;
}

const everything = (dir: string): Promise<Survey> => survey(openRoot(dir), { live: false, progress: () => undefined });
const told = ({ identities }: Survey): string[] =>
  identities.map((file) => `${file.concern} ${file.verdict} ${file.path}`);

describe("clean roots: at most two findings, none of them a problem", () => {
  async function isClean(root: MadeRoot): Promise<Survey> {
    const result = await everything(root.dir);
    expect(told(result).length, told(result).join("\n")).toBeLessThanOrEqual(2);
    expect([result.problems, result.found]).toEqual([0, result.scanned]);
    expect(result.owned).toBe(result.scanned);
    return result;
  }

  test(
    "Debian with merged /usr, and a set-id bit that its package file does not have",
    { timeout: 120_000 },
    async () => {
      const root = debianRoot(true);
      await isClean(root);
      fs.chmodSync(root.host("/usr/sbin/cron"), 0o4755);
      const [first, ...more] = (await everything(root.dir)).identities;
      expect(more).toEqual([]);
      expect(first).toMatchObject({ path: "/usr/sbin/cron", verdict: "genuine", concern: "problem" });
      expect(first?.reasons[0]).toMatchObject({ code: "identity.mode-not-as-shipped", weight: "strong" });
    },
  );

  test("Debian with separate /usr, and Ubuntu 14.04's jobs with bare names", { timeout: 120_000 }, async () => {
    const root = debianRoot(false);
    await isClean(root);
    root.write("/etc/init/atd.conf", "respawn\nexpect fork\nexec atd\n", 0o644);
    root.write("/etc/init/cron.conf", "respawn\nexec cron\n", 0o644);
    root.write("/etc/init/tty1.conf", "respawn\nexec /sbin/getty -8 38400 tty1\n", 0o644);
    expect((await isClean(root)).supervised).toBeGreaterThan(1);
    root.write("/usr/bin/atd", "other", 0o711);
    const [first] = (await everything(root.dir)).identities;
    expect(first).toMatchObject({
      path: "/usr/bin/atd",
      verdict: "impostor",
      claims: { package: "at", path: "/usr/sbin/atd" },
    });
  });

  test("Fedora with merged /usr/sbin and alternatives of its own", { timeout: 120_000 }, async (context) => {
    need(
      context,
      RPM_TOOLS.every((file) => fs.existsSync(file)),
      "rpm and rpmbuild",
    );
    const root = rpmRoot(true, 2, 12);
    undo.push(() => root.remove());
    fs.mkdirSync(root.host("/var/lib/alternatives"), { recursive: true });
    fs.mkdirSync(root.host("/etc/alternatives"), { recursive: true });
    fs.writeFileSync(root.host("/var/lib/alternatives/tool"), "auto\n/usr/bin/tool\n\n/usr/bin/extra0\n10\n");
    fs.symlinkSync("/etc/alternatives/tool", root.host("/usr/bin/tool"));
    fs.symlinkSync("/usr/bin/extra0", root.host("/etc/alternatives/tool"));
    const result = await everything(root.dir);
    expect([told(result), result.problems]).toEqual([[], 0]);
    expect([result.owned, result.found]).toEqual([result.scanned, result.scanned]);
  });
});
