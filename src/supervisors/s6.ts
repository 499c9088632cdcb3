import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { attempt } from "./files/read-config.ts";
import { readServiceDirs, worksForService } from "./files/service-dirs.ts";
import type { Supervisor } from "./types.ts";

/** Scan directories of s6-linux-init, s6-overlay 3 and 2, Artix, and s6's documents. */
const SCANNED = ["/run/service", "/run/s6/services", "/run/s6/service", "/service", "/var/service", "/etc/s6/service"]; // prettier-ignore
/** What s6-overlay copies into its scan directory at boot. */
const AT_BOOT = ["/etc/services.d", "/etc/s6-overlay/s6-rc.d"];
/** Sources of services, and the service directories in databases that s6-rc-compile made of them. */
const AVAILABLE = ["/run/s6-rc/servicedirs", "/run/s6-rc/compiled/servicedirs", "/etc/s6-rc/compiled/servicedirs", "/etc/s6/rc/compiled/servicedirs", "/etc/s6/sv", "/etc/s6-rc/source", "/etc/s6/rc/source"]; // prettier-ignore
/**
 * Live copies of the services in s6-rc's database: s6-rc-init adds `down` to each of them, so that s6-rc alone brings them up
 * (s6-rc-init.html). The live folder is a link to one of a longer name.
 */
const LIVE = /\/s6-rc[^/]*\/servicedirs\//;
/** What s6-svscan starts with where nobody sets another (s6-linux-init's and s6-overlay's default). */
const S6_PATH: readonly Untrusted[] = ["/command", "/usr/bin", "/usr/sbin", "/bin", "/sbin"];

/**
 * s6: s6-supervise starts `run` again whenever it ends, starts being at least a second apart, without any limit
 * (s6-supervise.html); `max-death-tally` only counts, `down` keeps it from being started at boot.
 */
export const s6: Supervisor = {
  id: "s6",
  present(root) {
    return scannedBy(root).length > 0 || [...AT_BOOT, ...AVAILABLE].some((folder) => isThere(root, folder));
  },
  *jobs(root) {
    const scanned = scannedBy(root);
    // Where it runs, the copies are what is started.
    const sources = AT_BOOT.filter((folder) => isThere(root, folder));
    const offline = scanned.length === 0;
    return yield* readServiceDirs(root, {
      supervisor: "s6",
      scanned: offline ? sources : scanned,
      available: [...(offline ? [] : sources), ...AVAILABLE.filter((folder) => isThere(root, folder))],
      searchPath: S6_PATH,
      ignoresDown: LIVE,
      typed: true,
    });
  },
  atWork: { programs: ["s6-supervise"], worksFor: worksForService },
};

/** Names that only s6 uses. */
const OWN_NAME = /^\/run\/service$|s6/;

/** The names that runit uses too belong to s6 only where s6-svscan has left its own folder. */
function scannedBy(root: Root): Untrusted[] {
  return SCANNED.filter((folder) =>
    attempt([], folder, false, () =>
      OWN_NAME.test(folder) ? root.list(folder) !== null : root.lstat(`${folder}/.s6-svscan`) !== null,
    ),
  );
}

function isThere(root: Root, folder: Untrusted): boolean {
  return attempt([], folder, true, () => root.list(folder) !== null);
}
