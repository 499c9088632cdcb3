import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readPackageFile } from "../../src/archive/package-file.ts";
import type { Identities } from "../../src/identity/result.ts";
import { identities as schema } from "../../src/identity/schema.ts";
import { whoforks } from "../support/whoforks.ts";
import { hasDpkg, isRoot, need } from "./identity-made-root.ts";
import { rpmRoot, RPM_TOOLS } from "./identity-rpm-root.ts";

const tools = ["/usr/bin/gpg", "/usr/bin/gpgv"].every((file) => fs.existsSync(file));
beforeEach((context) => need(context, isRoot && hasDpkg && tools, "root, dpkg, gpg and gpgv"));
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
});
const ENV = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" };
const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { env: ENV, encoding: "utf8", stdio: "pipe" });
function temporary(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-evidence-"));
  folders.push(folder);
  return folder;
}

/** A .deb with a program, a set-id one and a postinst. */
function package_(top: string, packing: string): string {
  const tree = path.join(top, "tree");
  fs.mkdirSync(path.join(tree, "DEBIAN"), { recursive: true });
  fs.mkdirSync(path.join(tree, "usr/sbin"), { recursive: true });
  const control =
    "Package: at\nVersion: 1:3.2-1\nArchitecture: amd64\nMaintainer: t <t@example.org>\nDescription: made for a test\n";
  fs.writeFileSync(path.join(tree, "DEBIAN/control"), control);
  fs.copyFileSync("/usr/bin/true", path.join(tree, "usr/sbin/atd"));
  for (const name of ["atrun", "athelp"]) fs.writeFileSync(path.join(tree, "usr/sbin", name), name, { mode: 0o755 });
  fs.chmodSync(path.join(tree, "usr/sbin/atrun"), 0o4755);
  const deb = path.join(top, "made.deb");
  run("dpkg-deb", "--root-owner-group", `-Z${packing}`, "--build", tree, deb);
  return deb;
}

interface Signed {
  root: string;
  deb: string;
  key: string;
}

/** A root into which the real dpkg has put that package, with apt's indexes of it, signed by a new key of that root. */
function signedRoot(): Signed {
  const top = temporary();
  const deb = package_(top, "xz");
  const root = path.join(top, "root");
  const at = (inside: string): string => {
    fs.mkdirSync(path.dirname(path.join(root, inside)), { recursive: true });
    return path.join(root, inside);
  };
  for (const folder of ["info", "updates"])
    fs.mkdirSync(at(`var/lib/dpkg/${folder}/x`).slice(0, -2), { recursive: true });
  fs.writeFileSync(at("var/lib/dpkg/status"), "");
  run("dpkg", `--root=${root}`, `--log=${top}/log`, "--force-all", "--install", deb);
  fs.copyFileSync(deb, at("var/cache/apt/archives/at_1%3a3.2-1_amd64.deb"));
  const digest = (content: Buffer): string => createHash("sha256").update(content).digest("hex");
  const control = run("dpkg-deb", "--field", deb);
  const index = Buffer.from(
    `Package: other\nSHA256: 00\n\n${control.trim()}\nFilename: pool/at.deb\nSHA256: ${digest(fs.readFileSync(deb))}\n`,
  );
  fs.writeFileSync(at("var/lib/apt/lists/deb.example.org_dists_x_main_binary-amd64_Packages"), index);
  const home = path.join(top, "gpg");
  fs.mkdirSync(home, { mode: 0o700 });
  const gpg = (...args: string[]): string => run("gpg", "--homedir", home, "--batch", "--quiet", ...args);
  gpg("--passphrase", "", "--quick-generate-key", "test <t@example.org>", "ed25519", "sign", "never");
  const key = /^fpr:+([0-9A-F]+):/m.exec(gpg("--list-keys", "--with-colons"))?.[1] ?? "";
  fs.writeFileSync(at("etc/apt/trusted.gpg.d/test.asc"), gpg("--armor", "--export"));
  fs.writeFileSync(
    path.join(top, "Release"),
    `Origin: test\nSHA256:\n ${digest(index)} ${index.length} main/binary-amd64/Packages\n`,
  );
  gpg("--clear-sign", "--output", at("var/lib/apt/lists/deb.example.org_dists_x_InRelease"), path.join(top, "Release"));
  gpg("--armor", "--detach-sign", "--output", path.join(top, "Release.gpg"), path.join(top, "Release"));
  spawnSync("gpgconf", ["--homedir", home, "--kill", "all"]);
  return { root, deb, key };
}

async function identify(...args: string[]): Promise<Identities["identities"][number]> {
  const { stdout, stderr } = await whoforks(["identify", "--json", ...args]);
  if (stdout === "") throw new Error(stderr);
  const json = JSON.parse(stdout) as Identities;
  expect(schema.safeParse(json).error?.message).toBeUndefined();
  return json.identities[0] as Identities["identities"][number];
}

describe("a package file that apt keeps", () => {
  test("its modes and its signatures count, and every broken link of the chain is unverifiable, never bad", async () => {
    const { root, key } = signedRoot();
    const codes = async (file: string): Promise<Record<string, string>> => {
      const { reasons } = await identify("--root", root, file);
      return Object.fromEntries(reasons.map(({ code, weight }) => [code.replace("identity.", ""), weight]));
    };
    const genuine = await identify("--root", root, "/usr/sbin/atd");
    expect(genuine.chain).toMatchObject({ verified: true, args: { key } });
    expect(await codes("/usr/sbin/atd")).toEqual({ "digest-matches": "exculpatory", "signed-content": "exculpatory" });
    // Set-id in the package, too.
    expect(await codes("/usr/sbin/atrun")).toEqual({
      "digest-matches": "exculpatory",
      "signed-content": "exculpatory",
    });
    fs.chmodSync(path.join(root, "usr/sbin/athelp"), 0o4755);
    expect(await codes("/usr/sbin/athelp")).toMatchObject({ "mode-not-as-shipped": "strong" });
    const { checks } = await identify("--root", root, "/usr/sbin/athelp");
    const shown = checks.find(({ reason }) => reason === "identity.mode-not-as-shipped")?.command ?? [];
    expect(shown.slice(0, 2)).toEqual(["dpkg-deb", "--contents"]);
    // Content and the record of its digest altered together: dpkg --verify finds nothing.
    const md5sums = path.join(root, "var/lib/dpkg/info/at.md5sums");
    fs.writeFileSync(path.join(root, "usr/sbin/athelp"), "evil");
    const sums = fs
      .readFileSync(md5sums, "utf8")
      .replace(/^\S+(?=  usr\/sbin\/athelp)/m, createHash("md5").update("evil").digest("hex"));
    fs.writeFileSync(md5sums, sums);
    expect(run("dpkg", `--root=${root}`, "--verify", "at")).toBe("");
    expect(await codes("/usr/sbin/athelp")).toMatchObject({
      "content-not-of-archive": "strong",
      "digest-matches": "exculpatory",
    });

    const lists = path.join(root, "var/lib/apt/lists/deb.example.org_dists_x");
    const broken = async (file: string, change: (content: string) => string): Promise<unknown> => {
      const before = fs.readFileSync(file);
      fs.writeFileSync(file, change(before.toString("latin1")), "latin1");
      const { verdict, chain, concern } = await identify("--root", root, "/usr/sbin/atd");
      expect([verdict, chain?.verified, concern]).toEqual(["genuine", false, "none"]);
      fs.writeFileSync(file, before);
      return chain?.code;
    };
    expect(await broken(`${lists}_InRelease`, (text) => text.replace("Origin: test", "Origin: Test"))).toBe(
      "identity-chain.no-good-signature",
    );
    // What stands before the signed text is not signed.
    expect(await broken(`${lists}_InRelease`, (text) => text.replace("Origin: test", "Origin: test\n x"))).toBe(
      "identity-chain.no-good-signature",
    );
    expect(await broken(`${lists}_main_binary-amd64_Packages`, (text) => `${text}\n`)).toBe(
      "identity-chain.index-not-listed",
    );
    // As an older apt keeps it: the text, and its signature beside it.
    const top = path.dirname(root);
    fs.renameSync(`${lists}_InRelease`, path.join(top, "InRelease"));
    for (const name of ["Release", "Release.gpg"]) fs.copyFileSync(path.join(top, name), `${lists}_${name}`);
    const apart = await identify("--root", root, "/usr/sbin/atd");
    expect(apart.chain).toMatchObject({ verified: true, args: { key, release: expect.stringMatching(/_Release$/) } });
    expect(await broken(`${lists}_Release`, (text) => `${text}\n`)).toBe("identity-chain.no-good-signature");
    expect(await broken(`${lists}_Release.gpg`, () => "")).toBe("identity-chain.no-good-signature");
    for (const name of ["Release", "Release.gpg"]) fs.rmSync(`${lists}_${name}`);
    fs.renameSync(path.join(top, "InRelease"), `${lists}_InRelease`);
    expect(await broken(`${lists}_main_binary-amd64_Packages`, () => "")).toBe("identity-chain.not-listed");
    expect(await broken(path.join(root, "etc/apt/trusted.gpg.d/test.asc"), () => "")).toBe(
      "identity-chain.no-good-signature",
    );
    expect(
      await broken(path.join(root, "var/cache/apt/archives/at_1%3a3.2-1_amd64.deb"), (text) => text.slice(0, 300)),
    ).toBe("identity-chain.archive-damaged");
    fs.rmSync(path.join(root, "var/cache/apt/archives"), { recursive: true });
    expect((await identify("--root", root, "/usr/sbin/atd")).chain?.code).toBe("identity-chain.no-archive");
  });

  test("beside a reference: what differs in an impostor", async () => {
    const { root, deb } = signedRoot();
    fs.mkdirSync(path.join(root, "usr/bin"), { recursive: true });
    const evil = Buffer.concat([fs.readFileSync("/usr/bin/env"), Buffer.from("\0http://evil.example/payload\0")]);
    fs.writeFileSync(path.join(root, "usr/bin/atd"), evil, { mode: 0o711 });
    const judged = await identify("--root", root, "--reference", deb, "/usr/bin/atd");
    expect(judged).toMatchObject({
      verdict: "impostor",
      reference: { kind: "deb", member: "/usr/sbin/atd", package: { name: "at" } },
    });
    const { facts = [], imports, strings } = judged.reference ?? {};
    const fact = (what: string): unknown => facts.find((one) => one.what === what);
    expect(fact("size")).toEqual({
      what: "size",
      found: evil.length,
      reference: fs.statSync("/usr/bin/true").size,
      same: false,
    });
    expect(fact("mode")).toMatchObject({ found: "-rwx--x--x", reference: "-rwxr-xr-x", same: false });
    const buildId = (file: string): string => /Build ID: (\w+)/.exec(run("readelf", "-n", file))?.[1] ?? "";
    expect(fact("build-id")).toMatchObject({ found: buildId("/usr/bin/env"), reference: buildId("/usr/bin/true") });
    expect(strings?.examplesFound).toContain("http://evil.example/payload");
    // The oracle: strings(1) and nm(1).
    const texts = (file: string): Set<string> =>
      new Set(run("strings", "-a", "-n", "6", file).split("\n").filter(Boolean));
    const [here, there] = [texts(path.join(root, "usr/bin/atd")), texts("/usr/bin/true")];
    expect(strings?.onlyFound).toBe([...here].filter((one) => !there.has(one)).length);
    const undefinedIn = (file: string): Set<string> =>
      new Set([...run("nm", "-D", "--undefined-only", file).matchAll(/ [Uw] ([^\s@]+)/g)].map(([, name = ""]) => name));
    const [a, b] = [undefinedIn("/usr/bin/env"), undefinedIn("/usr/bin/true")];
    expect([imports?.onlyFound, imports?.onlyReference]).toEqual([
      [...a].filter((one) => !b.has(one)).length,
      [...b].filter((one) => !a.has(one)).length,
    ]);
    const plain = await identify("--root", root, "--reference", "/usr/bin/env", "/usr/bin/atd");
    expect(plain.reference).toMatchObject({ kind: "file", package: null, chain: null });
    const { stdout } = await whoforks(["identify", "--root", root, "--reference", deb, "/usr/bin/atd", "--lang", "en"]);
    expect(stdout).toMatch(/beside .*made\.deb: package at 1:3\.2-1, \/usr\/sbin\/atd/);
    const refused = await whoforks(["identify", "--root", root, "--fetch-reference", "/usr/bin/atd"]);
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining("--root")]);
    const none = await whoforks(["identify", "--root", root, "--reference", "/nonexistent", "/usr/bin/atd"]);
    expect(none.exitCode).toBe(2);
  });
});

describe("rpm", () => {
  test(
    "a header in the database is vouched for by its builder's key, as far as it says so",
    { timeout: 120_000 },
    async (context) => {
      need(
        context,
        [...RPM_TOOLS, "/usr/bin/rpmsign"].every((file) => fs.existsSync(file)),
        "rpm, rpmbuild and rpmsign",
      );
      const root = rpmRoot(false, 3, 1);
      const top = path.dirname(root.dir);
      folders.push(top);
      const unsigned = await identify("--root", root.dir, "/usr/sbin/atd");
      expect([unsigned.verdict, unsigned.chain]).toMatchObject([
        "genuine",
        { verified: false, code: "identity-chain.rpm-not-signed" },
      ]);
      const home = path.join(top, "gpg");
      fs.mkdirSync(home, { mode: 0o700 });
      const gpg = (...args: string[]): string => run("gpg", "--homedir", home, "--batch", "--quiet", ...args);
      gpg("--passphrase", "", "--quick-generate-key", "test <t@example.org>", "rsa2048", "sign", "never");
      const key = /^fpr:+([0-9A-F]+):/m.exec(gpg("--list-keys", "--with-colons"))?.[1] ?? "";
      const folder = path.join(top, "build/RPMS/noarch");
      const rpm = path.join(folder, fs.readdirSync(folder).find((name) => name.startsWith("at-")) ?? "");
      run(
        "rpmsign",
        "--define",
        `_gpg_name ${key}`,
        "--define",
        "__gpg /usr/bin/gpg",
        "--define",
        `_gpg_path ${home}`,
        "--addsign",
        rpm,
      );
      spawnSync("gpgconf", ["--homedir", home, "--kill", "all"]);
      root.rpm(
        "--install",
        "--replacepkgs",
        "--nodeps",
        "--ignorearch",
        "--ignoreos",
        "--noscripts",
        "--nosignature",
        rpm,
      );
      // The oracle: rpm itself finds a signature of that key in the database.
      expect(root.rpm("-q", "at", "--qf", "%{RSAHEADER:pgpsig}").toUpperCase()).toContain(key.slice(-16));
      const chain = async (): Promise<unknown> => (await identify("--root", root.dir, "/usr/sbin/atd")).chain;
      expect(await chain()).toMatchObject({ verified: false, code: "identity-chain.rpm-no-key" });
      fs.mkdirSync(root.host("/etc/pki/rpm-gpg"), { recursive: true });
      fs.writeFileSync(root.host("/etc/pki/rpm-gpg/RPM-GPG-KEY-test"), gpg("--armor", "--export"));
      expect(await chain()).toMatchObject({ verified: true, code: "identity-chain.rpm-verified", args: { key } });
      fs.writeFileSync(root.host("/usr/sbin/atd"), "changed");
      expect(await chain()).toMatchObject({ verified: false, code: "identity-chain.rpm-other-content" });
      // One byte of the signed part altered: the digest of the file itself, in place.
      const hex = createHash("sha256").update("genuine").digest("hex");
      const forged = createHash("sha256").update("changed").digest("hex");
      const database = fs.readFileSync(root.host(root.database));
      expect(database.includes(hex)).toBe(true);
      fs.writeFileSync(
        root.host(root.database),
        Buffer.from(database.toString("latin1").replaceAll(hex, forged), "latin1"),
      );
      const altered = await identify("--root", root.dir, "/usr/sbin/atd");
      expect([altered.verdict, altered.chain?.verified]).toEqual(["genuine", false]);
    },
  );
});

describe("package files", () => {
  test.each(["none", "gzip", "xz", "zstd"])("a .deb packed by %s holds what dpkg-deb lists", async (packing) => {
    const deb = package_(temporary(), packing);
    const listed = run("dpkg-deb", "--contents", deb)
      .trim()
      .split("\n")
      .map((line) => line.split(/\s+/));
    const fd = fs.openSync(deb, "r");
    const found: string[] = [];
    const file = await readPackageFile(fd, ({ path: name, mode, size }) => {
      found.push(`${mode.toString(8)} ${size} ${name}`);
      return null;
    });
    fs.closeSync(fd);
    expect(file).toMatchObject({ kind: "deb", name: "at", version: "1:3.2-1", damaged: null });
    const bits = (text = ""): number => {
      const plain = Number.parseInt(text.slice(1).replaceAll(/[^-]/g, "1").replaceAll("-", "0"), 2);
      return plain | (text[3] === "s" ? 0o4000 : 0);
    };
    expect(found).toEqual(
      listed.map(
        ([mode, , size, , , name = ""]) =>
          `${bits(mode).toString(8)} ${size} /${name.replace(/^\.\//, "").replace(/\/$/, "")}`,
      ),
    );
  });

  test("an .rpm holds what rpm lists", { timeout: 120_000 }, async (context) => {
    need(
      context,
      RPM_TOOLS.every((file) => fs.existsSync(file)),
      "rpm and rpmbuild",
    );
    const root = rpmRoot(false, 3, 1);
    folders.push(path.dirname(root.dir));
    const folder = path.join(path.dirname(root.dir), "build/RPMS/noarch");
    const rpm = path.join(folder, fs.readdirSync(folder).find((name) => name.startsWith("at-")) ?? "");
    const fd = fs.openSync(rpm, "r");
    const contents = new Map<string, string>();
    const file = await readPackageFile(fd, ({ path: name, type }) => {
      if (type !== "file") return null;
      contents.set(name, "");
      return {
        write: (bytes) => void contents.set(name, contents.get(name) + Buffer.from(bytes).toString()),
        end: () => undefined,
      };
    });
    fs.closeSync(fd);
    expect(file).toMatchObject({ kind: "rpm", name: "at", version: "2:3.2.5-1", damaged: null });
    expect([...contents]).toEqual([
      ["/etc/at.conf", "config"],
      ["/usr/sbin/atd", "genuine"],
      ["/usr/sbin/atrun", "other"],
    ]);
  });
});
