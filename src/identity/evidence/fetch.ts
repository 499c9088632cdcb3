import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Untrusted } from "../../model/text.ts";
import type { Examiner, Owner } from "../types.ts";

/** A folder of our own with the package file that the host's package manager brought. */
export interface Fetched {
  file: string;
  remove(): void;
}

/** Why there is none. `output`: the program's last lines. */
export interface NotFetched {
  failed: "no-way" | "no-program" | "program-altered" | "odd-name" | "output";
  /** The program, the manager, or what the program said. */
  what: Untrusted;
}

const TIMEOUT = 300_000;
const ENV = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" };

/** How a package manager downloads a package file without installing anything. It runs in `folder`. */
interface Download {
  program: string;
  args(owner: Owner, folder: string): string[];
  file: RegExp;
}

const DOWNLOADS: Readonly<Record<string, Download>> = {
  dpkg: {
    program: "/usr/bin/apt-get",
    args: ({ package: name, version }) => ["download", `${name}=${version}`],
    file: /\.deb$/,
  },
  rpm: {
    program: "/usr/bin/dnf",
    args: ({ package: name, version }) => ["download", "--destdir=.", `${name}-${version}`],
    file: /\.rpm$/,
  },
  // Without the packages it depends on (-dd), and without a line in the host's pacman.log: pacman(8).
  pacman: {
    program: "/usr/bin/pacman",
    args: ({ package: name, version }, folder) => [
      "-Swdd",
      "--noconfirm",
      "--noprogressbar",
      `--cachedir=${folder}`,
      `--logfile=${folder}/pacman.log`,
      `${name}=${version}`,
    ],
    file: /\.pkg\.tar(?:\.\w+)?$/,
  },
};

/** Names and versions of all three; one that begins with a dash would be an option. */
const NAME = /^[A-Za-z0-9@_][A-Za-z0-9@._+:-]*$/;
const VERSION = /^[A-Za-z0-9][A-Za-z0-9._+:~^-]*$/;

/**
 * Has the host's own package manager download the package file of an owner into a new folder, over the network and with its
 * configuration: only on request, only for this host, and only if that program is as its own package shipped it. It installs
 * nothing.
 */
export function fetchReference(owner: Owner, examiner: Pick<Examiner, "asShipped">): Fetched | NotFetched {
  const download = DOWNLOADS[owner.manager];
  if (download === undefined) return { failed: "no-way", what: owner.manager };
  const { program } = download;
  if (!NAME.test(owner.package) || !VERSION.test(owner.version)) return { failed: "odd-name", what: owner.package };
  if (!fs.existsSync(program)) return { failed: "no-program", what: program };
  if (!isAsShipped(program, examiner)) return { failed: "program-altered", what: program };
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-reference-"));
  const remove = (): void => fs.rmSync(folder, { recursive: true, force: true });
  // pacman 7 downloads as another user, into a folder of that user's in this one: it must be able to pass.
  fs.chmodSync(folder, 0o711);
  const { status, stderr, error } = spawnSync(program, download.args(owner, folder), {
    cwd: folder,
    env: ENV,
    encoding: "utf8",
    timeout: TIMEOUT,
  });
  const name = fs.readdirSync(folder).find((one) => download.file.test(one));
  if (status === 0 && name !== undefined) return { file: path.join(folder, name), remove };
  remove();
  const said = (error?.message ?? stderr ?? "").trim().split("\n").slice(-2).join("; ").slice(0, 400);
  return { failed: "output", what: said };
}

function isAsShipped(program: string, examiner: Pick<Examiner, "asShipped">): boolean {
  try {
    return examiner.asShipped(program) !== null;
  } catch (error) {
    // What may not be read is vouched for by nothing.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return false;
  }
}
