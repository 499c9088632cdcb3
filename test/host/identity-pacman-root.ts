import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { gzipSync } from "node:zlib";

/** A root of pacman's, filled by the real pacman from packages that are laid out as makepkg does. */
export interface PacmanRoot {
  /** Its log, which pacman writes outside of the root unless told. */
  log: string;
  /** Runs pacman on the root; gives all that it prints, whatever its exit code. */
  pacman(...args: string[]): string;
  /** Builds a package with the digests of its files; gives the path of its file. */
  build(name: string, files: Readonly<Record<string, string | Buffer>>, backup?: readonly string[]): string;
  /** Builds and installs it. */
  install(name: string, files: Readonly<Record<string, string | Buffer>>, backup?: readonly string[]): void;
}

export const PACMAN = "/usr/bin/pacman";
const ENV = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" };

/** @param top a folder of the test's own; the root is `root` in it, and as on Arch it has one directory of programs */
export function pacmanRoot(top: string): PacmanRoot {
  const root = `${top}/root`;
  for (const folder of ["var/lib/pacman", "usr/bin"]) fs.mkdirSync(`${root}/${folder}`, { recursive: true });
  for (const alias of ["bin", "sbin"]) fs.symlinkSync("usr/bin", `${root}/${alias}`);
  fs.symlinkSync("bin", `${root}/usr/sbin`);
  fs.writeFileSync(
    `${top}/pacman.conf`,
    "[options]\nArchitecture = x86_64\nSigLevel = Never\nLocalFileSigLevel = Never\n",
  );
  const log = `${top}/log`;
  const options = Object.entries({
    root: `${root}/`,
    dbpath: `${root}/var/lib/pacman`,
    config: `${top}/pacman.conf`,
    cachedir: `${top}/cache`,
    logfile: log,
    hookdir: `${top}/hooks`,
    gpgdir: `${top}/gpg`,
  }).flatMap(([name, value]) => [`--${name}`, value]);
  const pacman = (...args: string[]): string => {
    const { stdout, stderr } = spawnSync("pacman", [...options, ...args], { env: ENV, encoding: "utf8" });
    return stdout + stderr;
  };
  const build: PacmanRoot["build"] = (name, files, backup = []) => {
    const tree = `${top}/${name}`;
    const lines = ["#mtree"];
    for (const [file, content] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(`${tree}/${file}`), { recursive: true });
      fs.writeFileSync(`${tree}/${file}`, content, { mode: 0o755 });
      const escaped = file.replace(/[^!-~]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`);
      const sha256 = createHash("sha256").update(content).digest("hex");
      lines.push(`./${escaped} time=1.0 uid=0 gid=0 type=file mode=755 size=${content.length} sha256digest=${sha256}`);
    }
    const info = [`pkgname = ${name}`, "pkgver = 1:3.2-1", "arch = x86_64", "size = 9", "builddate = 1"];
    fs.writeFileSync(`${tree}/.PKGINFO`, [...info, ...backup.map((file) => `backup = ${file}`), ""].join("\n"));
    fs.writeFileSync(`${tree}/.MTREE`, gzipSync(`${lines.join("\n")}\n`));
    const archive = `${top}/${name}-1:3.2-1-x86_64.pkg.tar.gz`;
    execFileSync("tar", ["-C", tree, "-czf", archive, ...fs.readdirSync(tree)]);
    return archive;
  };
  const install: PacmanRoot["install"] = (name, files, backup) => {
    const result = pacman("-U", "--noconfirm", build(name, files, backup));
    if (!fs.existsSync(`${root}/${Object.keys(files)[0] ?? ""}`)) throw new Error(result);
  };
  return { log, pacman, build, install };
}
