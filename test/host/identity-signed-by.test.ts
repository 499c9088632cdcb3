import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listName, signedByOf } from "../../src/identity/evidence/apt-sources.ts";
import { signedText } from "../../src/identity/evidence/gpgv.ts";
import { openRoot } from "../../src/platform/root.ts";
import { needsProgram } from "../support/needs.ts";

const ENV = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" };
const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { env: ENV, encoding: "utf8", stdio: "pipe" });

let top: string;
beforeEach(() => {
  top = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-signed-by-"));
});
afterEach(() => fs.rmSync(top, { recursive: true }));

test("the names of what was fetched are those that apt gives", (context) => {
  needsProgram(context, "apt-get");
  const sources = [
    ["https://deb.example.org/debian", "stable"],
    ["https://user:pw@deb.example.org/some_path/~x/", "stable-updates/x"],
    ["http://h:8080", "a"],
    ["http://f.example.org/", "./"],
    ["http://f.example.org/x", "flat/"],
    ["file:///srv/repo", "b"],
  ] as const;
  fs.mkdirSync(`${top}/parts`);
  const lines = sources.map(([uri, suite]) => `deb ${uri} ${suite}${suite.endsWith("/") ? "" : " main"}\n`);
  fs.writeFileSync(`${top}/list`, lines.join(""));
  const options = [`Dir::Etc::sourcelist=${top}/list`, `Dir::Etc::sourceparts=${top}/parts`, `Dir::State=${top}/state`];
  const printed = run("apt-get", "update", "--print-uris", ...options.flatMap((option) => ["-o", option]));
  const names = [...printed.matchAll(/^'\S+' (\S+InRelease) /gm)].map(([, name = ""]) => name);
  expect(sources.map(([uri, suite]) => `${listName(uri, suite)}InRelease`).sort()).toEqual(names.sort());
});

test("only the keys count that the source names, or else those that apt trusts for all", (context) => {
  needsProgram(context, "gpg");
  needsProgram(context, "gpgv");
  const home = path.join(top, "gpg");
  const dir = path.join(top, "root");
  fs.mkdirSync(home, { mode: 0o700 });
  const write = (inside: string, content: string): void => {
    fs.mkdirSync(path.dirname(path.join(dir, inside)), { recursive: true });
    fs.writeFileSync(path.join(dir, inside), content);
  };
  const gpg = (...args: string[]): string => run("gpg", "--homedir", home, "--batch", "--quiet", ...args);
  gpg("--passphrase", "", "--quick-generate-key", "a <a@example.org>", "ed25519", "sign", "never");
  const key = /^fpr:+([0-9A-F]+):/m.exec(gpg("--list-keys", "--with-colons"))?.[1] ?? "";
  const armoured = gpg("--armor", "--export");
  fs.writeFileSync(path.join(top, "Release"), "Origin: test\n");
  gpg("--clear-sign", "--output", path.join(top, "InRelease"), path.join(top, "Release"));
  spawnSync("gpgconf", ["--homedir", home, "--kill", "all"]);
  const content = fs.readFileSync(path.join(top, "InRelease"));
  write("etc/hostname", "x");
  const root = openRoot(dir);
  const signers = (): string[] | null => {
    const release = "/var/lib/apt/lists/deb.example.org_dists_x_InRelease";
    return signedText(root, content, null, signedByOf(root, release))?.keys ?? null;
  };
  const source = (signedBy: string): void => {
    const head = "# Suites: other\nTypes: deb\nURIs: https://deb.example.org\nSuites: x\nComponents: main\n";
    write("etc/apt/sources.list.d/x.sources", `${head}${signedBy}\n`);
  };

  // A keyring that lies there, and that nothing names.
  write("usr/share/keyrings/x.asc", armoured);
  source("");
  expect(signers()).toBeNull();
  source("Signed-By: /usr/share/keyrings/x.asc");
  expect(signers()).toEqual([key]);
  source(`Signed-By:\n${armoured.trim().replaceAll(/^$/gm, ".").replaceAll(/^/gm, " ")}`);
  expect(signers()).toEqual([key]);
  source(`Signed-By: ${key}`);
  expect(signers()).toBeNull();

  write("etc/apt/trusted.gpg.d/x.asc", armoured);
  expect(signers()).toEqual([key]);
  source(`Signed-By: ${"0".repeat(40)}`);
  expect(signers()).toBeNull();
  source("");
  expect(signers()).toEqual([key]);
  // Trusted for all others, not for a source that names another.
  write("usr/share/keyrings/other.gpg", "");
  source("Signed-By: /usr/share/keyrings/other.gpg");
  expect(signers()).toBeNull();
  fs.rmSync(path.join(dir, "etc/apt/sources.list.d/x.sources"));
  write(
    "etc/apt/sources.list",
    "deb-src https://deb.example.org x main\ndeb [ arch=amd64 signed-by=/no.gpg,/usr/share/keyrings/x.asc ] https://deb.example.org/ x main\n",
  );
  expect(signers()).toEqual([key]);
});
