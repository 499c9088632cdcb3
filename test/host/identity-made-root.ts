import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach } from "vitest";
import { need } from "../support/needs.ts";

/** A small root with a dpkg database of its own, filled by the real dpkg. Nothing outside its folder is touched. */
export interface MadeRoot {
  dir: string;
  /** Path on the host of a path inside. */
  host(inside: string): string;
  write(inside: string, content: string | Uint8Array, mode?: number): void;
  /** Builds a package with dpkg-deb and unpacks and configures it with dpkg; it has no maintainer scripts. */
  install(made: MadePackage): void;
  /** Installs a .deb after taking its maintainer scripts out, which would act on the host. */
  installWithoutScripts(deb: string): void;
  divert(...args: string[]): void;
  alternatives(...args: string[]): void;
  remove(): void;
}

export interface MadePackage {
  name: string;
  files: Record<string, string>;
  links?: Record<string, string>;
  conffiles?: string[];
  architecture?: string;
  multiArch?: "same";
}

const ENV = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" };

/** `merged`: /bin, /sbin and /lib are links into /usr. */
export function madeRoot(merged: boolean): MadeRoot {
  const top = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-identity-"));
  const dir = path.join(top, "root");
  const admin = path.join(dir, "var/lib/dpkg");
  for (const folder of ["usr/bin", "usr/sbin", "usr/lib", "etc/alternatives", "tmp"]) {
    fs.mkdirSync(path.join(dir, folder), { recursive: true });
  }
  for (const folder of ["info", "updates", "alternatives"]) fs.mkdirSync(path.join(admin, folder), { recursive: true });
  fs.writeFileSync(path.join(admin, "status"), "");
  for (const alias of ["bin", "sbin", "lib"]) {
    if (merged) fs.symlinkSync(`usr/${alias}`, path.join(dir, alias));
    else fs.mkdirSync(path.join(dir, alias));
  }
  const host = (inside: string) => path.join(dir, inside);
  const run = (program: string, ...args: string[]) => execFileSync(program, args, { env: ENV, stdio: "pipe" });
  const dpkg = (...args: string[]) => {
    run("dpkg", `--root=${dir}`, `--log=${top}/dpkg.log`, "--force-all", ...args);
  };

  function write(inside: string, content: string | Uint8Array, mode = 0o755): void {
    fs.mkdirSync(path.dirname(host(inside)), { recursive: true });
    fs.writeFileSync(host(inside), content);
    fs.chmodSync(host(inside), mode);
  }

  function install({ name, files, links = {}, conffiles = [], architecture = "all", multiArch }: MadePackage): void {
    const tree = fs.mkdtempSync(path.join(top, "package-"));
    for (const [file, content] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(tree, file)), { recursive: true });
      fs.writeFileSync(path.join(tree, file), content, { mode: 0o755 });
    }
    for (const [link, target] of Object.entries(links)) {
      fs.mkdirSync(path.dirname(path.join(tree, link)), { recursive: true });
      fs.symlinkSync(target, path.join(tree, link));
    }
    fs.mkdirSync(path.join(tree, "DEBIAN"));
    const control = [
      `Package: ${name}`,
      "Version: 1.0-1",
      `Architecture: ${architecture}`,
      "Maintainer: t <t@example.org>",
    ];
    if (multiArch) control.push(`Multi-Arch: ${multiArch}`);
    fs.writeFileSync(path.join(tree, "DEBIAN/control"), [...control, "Description: made for a test", ""].join("\n"));
    if (conffiles.length > 0)
      fs.writeFileSync(path.join(tree, "DEBIAN/conffiles"), conffiles.map((c) => c + "\n").join(""));
    run("dpkg-deb", "--root-owner-group", "--build", tree, `${tree}.deb`);
    dpkg("--install", `${tree}.deb`);
  }

  function installWithoutScripts(deb: string): void {
    const tree = fs.mkdtempSync(path.join(top, "package-"));
    run("dpkg-deb", "--raw-extract", deb, path.join(tree, "x"));
    for (const script of ["preinst", "postinst", "prerm", "postrm", "config", "triggers"]) {
      fs.rmSync(path.join(tree, "x/DEBIAN", script), { force: true });
    }
    run("dpkg-deb", "--build", path.join(tree, "x"), `${tree}.deb`);
    dpkg("--install", `${tree}.deb`);
  }

  return {
    dir,
    host,
    write,
    install,
    installWithoutScripts,
    divert: (...args) => void run("dpkg-divert", "--root", dir, ...args),
    alternatives: (...args) =>
      void run("update-alternatives", "--root", dir, "--log", `${top}/alternatives.log`, ...args),
    remove: () => fs.rmSync(top, { recursive: true, force: true }),
  };
}

export { need };

export const isRoot = process.getuid?.() === 0;
export const hasDpkg = fs.existsSync("/usr/bin/dpkg-deb") && fs.existsSync("/var/lib/dpkg/status");

/** Gives a maker of roots whose roots are removed after each test; skips the file's tests where none can be made. */
export function useMadeRoot(): (merged: boolean) => MadeRoot {
  const roots: MadeRoot[] = [];
  beforeEach((context) => need(context, isRoot && hasDpkg, "root and dpkg, to fill a root with packages"));
  afterEach(() => {
    for (const root of roots.splice(0)) root.remove();
  });
  return (merged) => {
    const root = madeRoot(merged);
    roots.push(root);
    return root;
  };
}

/** Weights of reasons by their codes. */
export function codes(reasons: readonly { code: string; weight: string }[]): Record<string, string> {
  return Object.fromEntries(reasons.map(({ code, weight }) => [code, weight]));
}
