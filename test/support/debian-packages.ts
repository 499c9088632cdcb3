import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Debian packages whose files are wanted and whose installation is not: theirs starts services, or their programs belong on no host. */
export class UnpackedPackages {
  readonly dir = mkdtempSync(join(tmpdir(), "whoforks-unpacked-"));
  /** Why a package could not be had, or null. */
  missing: string | null = null;

  /** Downloads and unpacks; where CI is set, failing is an error. */
  constructor(...names: readonly string[]) {
    if (existsSync("/usr/bin/apt-get") && existsSync("/usr/bin/dpkg-deb"))
      for (const name of names) this.missing ??= this.#unpack(name);
    else this.missing = "not Debian";
    if (this.missing !== null && process.env["CI"]) throw new Error(this.missing);
  }

  path(file: string): string {
    return join(this.dir, file);
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  #unpack(name: string): string | null {
    const options = { cwd: this.dir, encoding: "utf8" } as const;
    const apt = spawnSync("apt-get", ["-o", "APT::Sandbox::User=root", "-qq", "download", name], options);
    const deb = readdirSync(this.dir).find((file) => file.startsWith(`${name}_`) && file.endsWith(".deb"));
    if (deb === undefined) return `the package ${name} cannot be downloaded: ${apt.stderr.trim().slice(0, 200)}`;
    const { status, stderr } = spawnSync("dpkg-deb", ["-x", deb, this.dir], options);
    return status === 0 ? null : stderr.trim();
  }
}
