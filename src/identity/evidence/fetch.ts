import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Owner } from "../types.ts";

/** A folder of our own with the package file that the host's package manager brought. */
export interface Fetched {
  file: string;
  remove(): void;
}

/** Why there is none: the program is not there, or its last lines. */
export interface NotFetched {
  failed: string;
}

const TIMEOUT = 300_000;
const ENV = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" };

/** How each package manager downloads a package file into the present folder without installing anything. */
const COMMANDS: Readonly<Record<string, (owner: Owner) => string[]>> = {
  dpkg: ({ package: name, version }) => ["/usr/bin/apt-get", "download", `${name}=${version}`],
  rpm: ({ package: name, version }) => ["/usr/bin/dnf", "download", "--destdir=.", `${name}-${version}`],
};

/** The command that `fetchReference` runs; null where this package manager has none. */
export function fetchCommand(owner: Owner): string[] | null {
  return COMMANDS[owner.manager]?.(owner) ?? null;
}

/**
 * Has the host's own package manager download the package file of an owner into a new folder, over the network and with its
 * configuration: only on request, only for this host. It installs nothing.
 */
export function fetchReference(owner: Owner): Fetched | NotFetched {
  const [program, ...args] = fetchCommand(owner) ?? [];
  if (program === undefined || !fs.existsSync(program)) return { failed: program ?? owner.manager };
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-reference-"));
  const remove = (): void => fs.rmSync(folder, { recursive: true, force: true });
  const { status, stderr, error } = spawnSync(program, args, {
    cwd: folder,
    env: ENV,
    encoding: "utf8",
    timeout: TIMEOUT,
  });
  const name = fs.readdirSync(folder).find((one) => /\.(?:deb|rpm)$/.test(one));
  if (status === 0 && name !== undefined) return { file: path.join(folder, name), remove };
  remove();
  return { failed: (error?.message ?? stderr ?? "").trim().split("\n").slice(-2).join("; ").slice(0, 400) };
}
