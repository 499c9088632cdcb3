import type { Untrusted } from "../model/text.ts";
import { mounts } from "../platform/mount.ts";
import type { Root } from "../platform/root.ts";
import { walk, type Visited } from "../platform/walk.ts";
import type { Sighting, Unlisted } from "./types.ts";

const SETUID = 0o4000n;
const SETGID = 0o2000n;
/** Users and groups of the system are below this (login.defs(5), UID_MIN); one's own set-id program gives nobody more. */
const FIRST_USER = 1000n;
/** Names looked at, and milliseconds: about as long as the rest of a survey takes on a slow machine. */
const BOUNDS = { entries: 1_000_000, time: 1000 };
const EVERYWHERE = { entries: 20_000_000, time: 600_000 };
/** Where visitors leave things comes first, should there be more than the bounds allow. */
const STARTS = ["/tmp", "/var/tmp", "/dev/shm", "/home", "/usr/local", "/opt", "/srv", "/etc", "/var", "/usr/lib", "/"];
/** File systems on a disk or in memory that keep the bits: not those of a network, nor the packed ones of snaps. */
const LOCAL = new Set("ext2 ext3 ext4 xfs btrfs f2fs zfs bcachefs jfs reiserfs overlay tmpfs".split(" "));

/** What was found outside of the search paths, and how far it was looked for. */
export interface SetIdSearch {
  sightings: Sighting[];
  /** Names that were looked at. */
  names: number;
  /** Whether these were all: no bound was reached, and every directory could be listed. */
  isWhole: boolean;
  /** The first that a damaged or remote file system did not give. */
  refused: Unlisted[];
}

/** What is looked for, and where. */
export interface SetIdOptions {
  /** Whether the root is this host's: other file systems that are mounted are then looked through as well. */
  live: boolean;
  /** Directories that are looked through anyway. */
  searched: readonly Untrusted[];
  /** Without the bounds that keep it short. */
  everywhere: boolean;
}

/** The same for a thread: the root by where it lies on the host. */
export interface SetIdTask extends SetIdOptions {
  dir: string;
}

/**
 * Programs that give who starts them another user's or group's rights (setuid and setgid, inode(7)), wherever they lie: on the
 * file systems that honour the bits, in every directory that somebody else than root can come to. Those of containers' images
 * lie where nobody can (/var/lib/docker, /var/lib/containers).
 * @param progress told how many directories were looked through
 */
export function setIdPrograms(
  root: Root,
  options: SetIdOptions & { progress: (directories: number) => void },
): SetIdSearch {
  const { live, everywhere, progress } = options;
  const searched = new Set(options.searched);
  const bounds = everywhere ? EVERYWHERE : BOUNDS;
  const end = performance.now() + bounds.time;
  let directories = 0;
  const found: SetIdSearch = { sightings: [], names: 0, isWhole: true, refused: [] };
  for (const [device, starts] of fileSystems(root, live)) {
    const { entries, cutBy, unlisted, refused } = walk(root, {
      device,
      starts,
      bounds: { entries: bounds.entries - found.names, time: end - performance.now() },
      enters: isOpen,
      looks({ path }) {
        if (++directories % 256 === 0) progress(directories);
        return !searched.has(path);
      },
      visit(file) {
        if (givesRights(file)) found.sightings.push({ path: file.path, seen: { how: "set-id" } });
      },
    });
    found.names += entries;
    found.refused.push(...refused.map(({ path, error }) => ({ where: path, error })));
    found.isWhole &&= cutBy === null && unlisted === 0;
  }
  return found;
}

/** The file systems to look through, by their `st_dev`, each with where to begin. */
function fileSystems(root: Root, live: boolean): Map<bigint, Untrusted[]> {
  const found = new Map<bigint, Untrusted[]>();
  const add = (path: Untrusted, starts: readonly Untrusted[]): void => {
    const device = deviceOf(root, path);
    if (device !== null) found.set(device, [...(found.get(device) ?? []), ...starts]);
  };
  const others = live
    ? mounts().filter(({ type, options }) => LOCAL.has(type) && !/(?:^|,)nosuid(?:,|$)/.test(options))
    : [];
  add("/", STARTS);
  for (const { dir } of others) if (dir !== "/") add(dir, [dir]);
  return found;
}

function deviceOf(root: Root, path: Untrusted): bigint | null {
  try {
    return root.stat(path)?.dev ?? null;
  } catch {
    // Not to be searched for this user.
    return null;
  }
}

/** Whether somebody else than root can come into a directory. */
function isOpen({ stat }: Visited): boolean {
  return stat.uid !== 0n || (stat.mode & 0o001n) !== 0n;
}

function givesRights({ stat }: Visited): boolean {
  if (!stat.isFile() || (stat.mode & 0o111n) === 0n) return false;
  return (
    ((stat.mode & SETUID) !== 0n && stat.uid < FIRST_USER) || ((stat.mode & SETGID) !== 0n && stat.gid < FIRST_USER)
  );
}
