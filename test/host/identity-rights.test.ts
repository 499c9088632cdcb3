import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checksOf, concernOf, examiner } from "../../src/identity/index.ts";
import { openRoot } from "../../src/platform/root.ts";
import { codes, isRoot, need, useMadeRoot } from "./identity-made-root.ts";
import { rpmRoot, RPM_TOOLS, type RpmRoot } from "./identity-rpm-root.ts";

const TOOLS = ["/usr/sbin/getcap", "/usr/sbin/setcap"];
const rootOf = useMadeRoot();
beforeEach((context) => need(context, isRoot && TOOLS.every((file) => fs.existsSync(file)), "root, getcap and setcap"));
const rpmRoots: RpmRoot[] = [];
afterEach(() => {
  for (const root of rpmRoots.splice(0)) root.remove();
});

/** The codes and weights without those that every genuine file has. */
function against(reasons: readonly { code: string; weight: string }[]): Record<string, string> {
  const { "identity.digest-matches": _, ...rest } = codes(reasons);
  return Object.fromEntries(Object.entries(rest).map(([code, weight]) => [code.replace("identity.", ""), weight]));
}

describe("dpkg, which records no modes", () => {
  test("capabilities, set-id bits and overrides are told, and who may have given them", () => {
    const root = rootOf(true);
    const files = ["ping", "plain", "shell", "helper", "shared", "more", "rest"];
    root.install({ name: "net", files: Object.fromEntries(files.map((name) => [`usr/bin/${name}`, name])) });
    const script = root.host("/var/lib/dpkg/info/net.postinst");
    fs.writeFileSync(script, "#!/bin/sh\nsetcap cap_net_raw+ep /usr/bin/ping\nchmod 4755 /usr/bin/helper\n");
    execFileSync("setcap", ["cap_net_raw+ep", root.host("/usr/bin/ping")]);
    execFileSync("setcap", ["cap_setuid,cap_net_admin=ep", root.host("/usr/bin/plain")]);
    const kept = fs.statSync(root.host("/usr/bin/more"));
    const who = examiner(openRoot(root.dir));
    for (const [path, expected] of [
      ["/usr/bin/ping", { "capabilities-unrecorded": "weak", "rights-by-script": "exculpatory" }],
      ["/usr/bin/plain", { "capabilities-unrecorded": "strong" }],
      ["/usr/bin/rest", {}],
    ] as const) {
      const judged = who.identify(path);
      expect([path, judged.verdict, against(judged.reasons)]).toEqual([path, "genuine", expected]);
      expect([path, who.asShipped(path) !== null]).toEqual([path, path === "/usr/bin/rest"]);
      // The oracle.
      const shown = execFileSync("getcap", [root.host(path)], { encoding: "utf8" }).trim();
      expect(judged.file?.capabilities ?? "").toBe(shown.replace(/^.* /, ""));
    }
    expect(concernOf(who.identify("/usr/bin/ping"))).toBe("none");
    const plain = who.identify("/usr/bin/plain");
    expect(concernOf(plain)).toBe("problem");
    expect(plain.attack).toContain("T1548");
    // The check of the reason shows what the reason says.
    const check = checksOf(openRoot(root.dir), plain, null).find(({ reason }) => reason !== undefined);
    expect(check?.command[0]).toBe("getcap");
    const [program = "", ...args] = check?.command ?? [];
    expect(execFileSync(program, args, { encoding: "utf8" })).toContain("cap_setuid");

    // A set-id bit of the installation, and one that came a year later: only the clock of the inode tells.
    fs.chmodSync(root.host("/usr/bin/shell"), 0o4755);
    fs.chmodSync(root.host("/usr/bin/helper"), 0o4755);
    expect(against(who.identify("/usr/bin/shell").reasons)).toEqual({});
    expect(who.asShipped("/usr/bin/shell")).toBeNull();
    expect(kept.mode & 0o7777).toBe(0o755);

    fs.writeFileSync(
      root.host("/var/lib/dpkg/statoverride"),
      "root root 4755 /usr/bin/shell\nroot #7 755 /usr/bin/shared\n",
    );
    const again = examiner(openRoot(root.dir));
    expect(against(again.identify("/bin/shell").reasons)).toEqual({});
    expect(again.asShipped("/bin/shell")?.package).toBe("net");
    expect(against(again.identify("/usr/bin/shared").reasons)).toEqual({ "owner-differs-from-override": "medium" });
    fs.chmodSync(root.host("/usr/bin/shell"), 0o755);
    expect(against(again.identify("/usr/bin/shell").reasons)).toEqual({ "mode-differs-from-override": "medium" });
    const listed = execFileSync("dpkg-statoverride", [`--admindir=${root.dir}/var/lib/dpkg`, "--list"], {
      encoding: "utf8",
    });
    expect(listed.trim().split("\n")).toHaveLength(2);
    // Files that were put there long before: those of this host.
    fs.mkdirSync(root.host("/usr/share/old"), { recursive: true });
    execFileSync("mount", ["--bind", "/usr/share/common-licenses", root.host("/usr/share/old")]);
    try {
      const old = fs.readdirSync("/usr/share/common-licenses").map((name) => `/usr/share/old/${name}\n`);
      const list = root.host("/var/lib/dpkg/info/net.list");
      fs.writeFileSync(list, `${old.join("")}${fs.readFileSync(list, "utf8")}`);
      const aged = examiner(openRoot(root.dir));
      fs.chmodSync(root.host("/usr/bin/ping"), 0o4755);
      fs.chmodSync(root.host("/usr/bin/rest"), 0o4755);
      expect(against(aged.identify("/usr/bin/rest").reasons)).toEqual({ "rights-changed-later": "strong" });
      expect(against(aged.identify("/usr/bin/helper").reasons)).toEqual({
        "rights-changed-later": "weak",
        "rights-by-script": "exculpatory",
      });
    } finally {
      execFileSync("umount", [root.host("/usr/share/old")]);
    }
    fs.chmodSync(root.host("/usr/bin/more"), 0o757);
    expect(against(again.identify("/usr/bin/more").reasons)).toMatchObject({ "writable-by-all": "strong" });
  });
});

test("rpm: mode, owner and capabilities as rpm --verify tells them", { timeout: 120_000 }, (context) => {
  need(
    context,
    RPM_TOOLS.every((file) => fs.existsSync(file)),
    "rpm and rpmbuild",
  );
  const root = rpmRoot(false, 3, 6);
  rpmRoots.push(root);
  const path = (n: number): string => `/usr/bin/extra${n}`;
  fs.chmodSync(root.host(path(0)), 0o4755);
  fs.chmodSync(root.host(path(1)), 0o700);
  fs.chownSync(root.host(path(2)), 1234, 0);
  fs.chownSync(root.host(path(3)), 0, 1234);
  execFileSync("setcap", ["cap_setuid=ep", root.host(path(4))]);
  const who = examiner(openRoot(root.dir));
  const expected = [
    { "mode-not-as-shipped": "strong" },
    { "mode-not-as-shipped": "weak" },
    { "owner-not-as-shipped": "strong" },
    { "owner-not-as-shipped": "medium" },
    { "capabilities-not-as-shipped": "strong" },
    {},
  ];
  const found = expected.map((_, n) => against(who.identify(path(n)).reasons));
  expect(found).toEqual(expected);
  expect(expected.map((_, n) => who.asShipped(path(n)) !== null)).toEqual([false, true, false, false, false, true]);
  // S.5DLUGTP: M mode, U user, G group, P capabilities (rpm(8), VERIFY OPTIONS).
  const letters = {
    M: "mode-not-as-shipped",
    U: "owner-not-as-shipped",
    G: "owner-not-as-shipped",
    P: "capabilities-not-as-shipped",
  };
  const complaints = new Map(
    [...root.rpm("-Va", "--nodeps").matchAll(/^(\S{9})\s+(\/usr\/bin\/\S+)$/gm)].map(([, flags = "", file = ""]) => [
      file,
      flags,
    ]),
  );
  for (const [n, reasons] of found.entries()) {
    const flags = complaints.get(path(n)) ?? "";
    const told = Object.entries(letters).flatMap(([letter, code]) => (flags.includes(letter) ? [code] : []));
    expect([path(n), Object.keys(reasons)]).toEqual([path(n), told]);
  }
  // The same facts by stat(1).
  const mode = spawnSync("stat", ["-c", "%A", root.host(path(0))], { encoding: "utf8" }).stdout.trim();
  expect(who.identify(path(0)).reasons.find(({ code }) => code === "identity.mode-not-as-shipped")?.args).toMatchObject(
    {
      found: mode,
      recorded: "-rwxr-xr-x",
    },
  );
});
