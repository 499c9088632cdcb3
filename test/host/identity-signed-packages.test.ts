import { execFileSync, spawnSync } from "node:child_process";
import { createHash, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withArchive } from "../../src/identity/evidence/archive-evidence.ts";
import { examiner } from "../../src/identity/index.ts";
import { openRoot } from "../../src/platform/root.ts";
import { codes, isRoot, need } from "./identity-made-root.ts";

const ENV = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" };
const ATD = "/usr/sbin/atd";
let top = "";
const host = (inside: string): string => path.join(top, "root", inside);
function write(inside: string, content: string | Buffer, mode = 0o755): void {
  fs.mkdirSync(path.dirname(host(inside)), { recursive: true });
  fs.writeFileSync(host(inside), content, { mode });
}
beforeEach(() => (top = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-signed-"))));
afterEach(() => fs.rmSync(top, { recursive: true, force: true }));

/** What is said of atd: its verdict, the chain, and the reasons with their weights. */
async function judged(): Promise<{
  verdict: string;
  chain: string;
  verified: boolean;
  reasons: Record<string, string>;
}> {
  const root = openRoot(host("/"));
  const { identity, chain } = await withArchive(root, examiner(root).identify(ATD), true);
  const code = chain?.code.replace("identity-chain.", "") ?? "";
  return {
    verdict: identity.verdict,
    chain: code,
    verified: chain?.verified === true,
    reasons: codes(identity.reasons),
  };
}

/** It cannot be told, for this reason; and that speaks against nothing. */
async function expectUntold(chain: string): Promise<void> {
  const found = await judged();
  expect(found).toMatchObject({ verdict: "genuine", chain, verified: false });
  expect(Object.values(found.reasons)).toEqual(["exculpatory"]);
}

/** A gzipped piece of a tar archive by the real tar; `cut`: without its end, as abuild-tar --cut leaves it. */
function tarred(files: Record<string, string | Buffer>, cut: boolean): Buffer {
  const tree = fs.mkdtempSync(path.join(top, "tree-"));
  for (const [name, content] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(tree, name)), { recursive: true });
    fs.writeFileSync(path.join(tree, name), content, { mode: 0o755 });
  }
  const tar = execFileSync("tar", [
    "-C",
    tree,
    "--owner=root:0",
    "--group=root:0",
    "-b1",
    "-cf",
    "-",
    ...Object.keys(files),
  ]);
  return gzipSync(cut ? tar.subarray(0, tar.length - 1024) : tar);
}

test("apk: a key of the root signed what has the digest of the files; whatever is missing cannot be told", async () => {
  const KEY = "test@example.org-5f0a.rsa.pub";
  const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const useKey = (key: KeyObject): void =>
    write(`/etc/apk/keys/${KEY}`, key.export({ type: "spki", format: "pem" }), 0o644);
  /** As abuild and abuild-sign lay it out: signature, control, files. */
  const made = (content: string, { version = "3.2.5-r0", kind = "RSA", other = "", signed = true } = {}): void => {
    const data = tarred({ "usr/sbin/atd": content }, false);
    const datahash = createHash("sha256").update(data).digest("hex");
    const info = `# made for a test\npkgname = at\npkgver = ${version}\narch = x86_64\ndatahash = ${datahash}\n`;
    const control = tarred({ ".PKGINFO": info, ".post-install": "#!/bin/sh\n" }, true);
    const digest = kind === "RSA" ? "sha1" : "sha256";
    const signature = tarred({ [`.SIGN.${kind}.${KEY}`]: sign(digest, control, pair.privateKey) }, true);
    const files = other === "" ? data : tarred({ "usr/sbin/atd": content, "usr/sbin/other": other }, false);
    write("/var/cache/apk/at-3.2.5-r0.1a2b3c4d.apk", Buffer.concat([...(signed ? [signature] : []), control, files]));
  };
  const sum = createHash("sha1").update("genuine").digest("base64");
  const database = `P:at\nV:3.2.5-r0\nA:x86_64\nF:usr\nF:usr/sbin\nR:atd\na:0:0:755\nZ:Q1${sum}\n\n`;
  write("/lib/apk/db/installed", database, 0o644);
  write(ATD, "genuine");
  await expectUntold("none-kept");
  // A neighbour whose name begins the same is another package.
  write("/var/cache/apk/at-3.2.5-r0-doc-1-r0.1a2b3c4d.apk", "x");
  await expectUntold("none-kept");

  useKey(pair.publicKey);
  fs.symlinkSync("/var/cache/apk", host("/etc/apk/cache"));
  for (const kind of ["RSA", "RSA256"]) {
    made("genuine", { kind });
    expect(await judged()).toMatchObject({ verdict: "genuine", chain: "apk-verified", verified: true });
  }
  // The signature is that of openssl, too, whose program abuild-sign runs.
  const parts = tarred({ a: "b" }, true);
  fs.writeFileSync(`${top}/key`, pair.privateKey.export({ type: "pkcs8", format: "pem" }));
  fs.writeFileSync(`${top}/control`, parts);
  const byOpenssl = execFileSync("openssl", ["dgst", "-sha1", "-sign", `${top}/key`, `${top}/control`]);
  expect(byOpenssl.equals(sign("sha1", parts, pair.privateKey))).toBe(true);

  made("genuine", { other: "evil" });
  await expectUntold("apk-other-files");
  made("genuine", { signed: false });
  await expectUntold("apk-not-signed");
  made("genuine", { version: "3.2.4-r0" });
  await expectUntold("other-package");
  made("genuine");
  useKey(generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey);
  await expectUntold("apk-bad-signature");
  write(`/etc/apk/keys/${KEY}`, "no key", 0o644);
  await expectUntold("apk-bad-signature");
  fs.rmSync(host(`/etc/apk/keys/${KEY}`));
  await expectUntold("apk-no-key");
  useKey(pair.publicKey);

  // Program and record altered together: only the package knows.
  write(ATD, "evil");
  const evil = createHash("sha1").update("evil").digest("base64");
  write("/lib/apk/db/installed", database.replace(sum, evil), 0o644);
  expect((await judged()).reasons).toMatchObject({ "identity.content-not-of-archive": "strong" });
  write("/lib/apk/db/installed", database, 0o644);
  write(ATD, "genuine");

  const archive = host("/var/cache/apk/at-3.2.5-r0.1a2b3c4d.apk");
  const whole = fs.readFileSync(archive);
  for (const length of [0, 2, 20, 400, whole.length - 300]) {
    fs.writeFileSync(archive, whole.subarray(0, length));
    const { verdict, verified } = await judged();
    expect([length, verdict, verified]).toEqual([length, "genuine", false]);
  }
  fs.rmSync(archive);
  execFileSync("mkfifo", [archive]);
  expect(await judged()).toMatchObject({ verdict: "genuine", verified: false });
});

test("pacman: what it would install by its keys is verified, and what it refuses is not", async (context) => {
  const tools = ["/usr/bin/pacman", "/usr/bin/gpg", "/usr/bin/gpgv"].every((file) => fs.existsSync(file));
  need(context, isRoot && tools, "root, pacman, gpg and gpgv");
  const gnupg = host("/etc/pacman.d/gnupg");
  const archive = host("/var/cache/pacman/pkg/at-1:3.2-1-x86_64.pkg.tar.gz");
  const gpg = (home: string, ...args: string[]): string =>
    execFileSync("gpg", ["--homedir", home, "--batch", "--quiet", "--no-autostart", ...args], {
      env: ENV,
      encoding: "utf8",
      stdio: "pipe",
    });
  for (const folder of ["/var/lib/pacman", "/var/cache/pacman/pkg", "/etc/pacman.d/gnupg"]) {
    fs.mkdirSync(host(folder), { recursive: true, mode: 0o700 });
  }
  fs.mkdirSync(`${top}/signer`, { mode: 0o700 });
  const signer = (...args: string[]): string =>
    execFileSync(
      "gpg",
      ["--homedir", `${top}/signer`, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "", ...args],
      {
        env: ENV,
        encoding: "utf8",
        stdio: "pipe",
      },
    );
  try {
    signer("--quick-generate-key", "test <test@example.org>", "rsa2048", "sign", "never");
    const key = /^fpr:+([0-9A-F]{40}):/m.exec(signer("--with-colons", "--list-keys"))?.[1] ?? "";
    signer("--output", `${top}/key.gpg`, "--export", key);
    // As pacman-key --init makes it: a keyring of the older form.
    fs.writeFileSync(`${gnupg}/pubring.gpg`, "");
    gpg(gnupg, "--import", `${top}/key.gpg`);
    fs.writeFileSync(`${top}/trust`, `${key}:6:\n`);
    gpg(gnupg, "--import-ownertrust", `${top}/trust`);

    fs.writeFileSync(`${top}/pacman.conf`, "[options]\nArchitecture = x86_64\nLocalFileSigLevel = Required\n");
    const options = { root: host("/"), dbpath: host("/var/lib/pacman"), config: `${top}/pacman.conf`, gpgdir: gnupg };
    const more = { cachedir: `${top}/cache`, logfile: `${top}/log`, hookdir: `${top}/hooks` };
    const pacman = (...args: string[]): number | null => {
      const flags = Object.entries({ ...options, ...more }).flatMap(([name, value]) => [`--${name}`, value]);
      return spawnSync("pacman", [...flags, ...args], { env: ENV }).status;
    };
    const made = (content: string): void => {
      const sha256 = createHash("sha256").update(content).digest("hex");
      const mtree = `#mtree\n./usr/sbin/atd time=1.0 uid=0 gid=0 type=file mode=755 size=${content.length} sha256digest=${sha256}\n`;
      const info = "pkgname = at\npkgver = 1:3.2-1\narch = x86_64\nsize = 9\nbuilddate = 1\n";
      const files = { ".PKGINFO": info, ".MTREE": gzipSync(mtree), "usr/sbin/atd": content };
      fs.writeFileSync(archive, tarred(files, false));
    };
    made("genuine");
    signer("--output", `${archive}.sig`, "--detach-sign", archive);
    expect(pacman("-U", "--noconfirm", archive)).toBe(0);
    expect(await judged()).toMatchObject({ verdict: "genuine", chain: "pacman-verified", verified: true });
    expect((await judged()).reasons).toHaveProperty("identity.signed-content", "exculpatory");
    // A keyring of the newer form.
    fs.renameSync(`${gnupg}/pubring.gpg`, `${top}/pubring.gpg`);
    gpg(gnupg, "--import", `${top}/key.gpg`);
    expect(fs.existsSync(`${gnupg}/pubring.kbx`)).toBe(true);
    expect((await judged()).chain).toBe("pacman-verified");
    fs.rmSync(`${gnupg}/pubring.kbx`);
    await expectUntold("pacman-no-key");
    fs.renameSync(`${top}/pubring.gpg`, `${gnupg}/pubring.gpg`);

    const [whole, sig] = [fs.readFileSync(archive), fs.readFileSync(`${archive}.sig`)];
    made("genuine");
    fs.appendFileSync(archive, gzipSync("more"));
    expect(pacman("-U", "--noconfirm", archive)).not.toBe(0);
    await expectUntold("pacman-no-key");
    fs.writeFileSync(archive, whole);
    fs.rmSync(`${archive}.sig`);
    expect(pacman("-U", "--noconfirm", archive)).not.toBe(0);
    await expectUntold("pacman-not-signed");
    fs.writeFileSync(`${archive}.sig`, sig);
    write(ATD, "evil");
    expect(await judged()).toMatchObject({ verdict: "modified", verified: true });
    write(ATD, "genuine");
    fs.rmSync(archive);
    await expectUntold("none-kept");
  } finally {
    for (const home of [gnupg, `${top}/signer`])
      spawnSync("gpgconf", ["--homedir", home, "--kill", "all"], { env: ENV });
  }
});
