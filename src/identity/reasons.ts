import type { Untrusted } from "../model/text.ts";
import type { Reason } from "./types.ts";

/**
 * Everything that can speak for or against a verdict: code, and the arguments a message may use. Paths, targets and
 * names are untrusted text; sizes are bytes; times are ISO 8601 UTC; modes are written as ls(1) does.
 */
export interface ReasonArgs {
  /** No package lists the path. */
  "identity.owned-by-nobody": { path: Untrusted };
  /** A package has a program of this name at another path. */
  "identity.bears-name-of-packaged": { package: string; path: Untrusted };
  /** The same command would start this packaged program if the file were not there. */
  "identity.stands-before-packaged": { package: string; path: Untrusted };
  /** The content is what the package shipped. */
  "identity.digest-matches": { package: string; algorithm: string; digest: string };
  /** The content is not what the package shipped. */
  "identity.digest-differs": { package: string; algorithm: string; recorded: string; found: string };
  /** A configuration file, which the administrator may change, is not as shipped. */
  "identity.conffile-edited": { package: string; recorded: string; found: string };
  /** The package recorded no digest for it. */
  "identity.no-digest-recorded": { package: string };
  /** The content that the package shipped for this path is under another name. */
  "identity.genuine-digest-elsewhere": { path: Untrusted; digest: string };
  /** Byte for byte the packaged program whose name it bears. */
  "identity.same-content-as-packaged": { package: string; path: Untrusted };
  /** A link of the alternatives system. */
  "identity.alternative": { name: Untrusted; target: Untrusted };
  /** A link through /etc/alternatives whose link or target the alternatives system does not know. */
  "identity.alternative-unregistered": { name: Untrusted; target: Untrusted };
  /** A diversion acts on the path; `by` is null when the administrator made it. */
  "identity.diverted": { from: Untrusted; to: Untrusted; by: string | null };
  /** No package owns the link itself; it leads to `target`. */
  "identity.symbolic-link": { target: Untrusted };
  /** A link that a package owns leads to a file that no package owns. */
  "identity.link-leaves-package": { package: string; target: Untrusted };
  /** In a place where the administrator, a user or a service keeps own programs. */
  "identity.local-directory": { directory: Untrusted };
  /** A file that no package ships because its manual page asks the administrator to make it. */
  "identity.left-to-administrator": { page: string };
  /** In a place where anybody may write. */
  "identity.temporary-directory": { directory: Untrusted };
  /** A folder or the file has a name that begins with a dot. */
  "identity.hidden-path": { path: Untrusted };
  /** The package is in the middle of an installation, so its files may not be the recorded ones. */
  "identity.package-half-installed": { package: string; state: string };
  /** The paths of some installed packages are not known. */
  "identity.package-lists-incomplete": { problems: number };
  /** There is a package database, but it could not be read. */
  "identity.package-database-unreadable": { manager: string; problems: number };
  /** Another package manager rules this root, one whose database cannot be read yet. */
  "identity.package-manager-unknown": { manager: string };
  /** The root has no package database. */
  "identity.no-package-database": Record<string, never>;
  /** The file is there, but could not be read; `error` is an errno name. */
  "identity.cannot-read": { path: Untrusted; error: string };
  /** A directory, device, FIFO or socket. */
  "identity.not-a-regular-file": { type: string };
  /** What other paths of packages lie in is no directory. */
  "identity.not-a-directory": { type: string };
  /** Not read because of its size. */
  "identity.too-large-to-read": { size: number; limit: number };
  /** It changed each time it was read, so no digest of it can be had. */
  "identity.changes-while-read": { path: Untrusted };
  /** Hardly anything but holes, and not read for that: bytes by its size, and bytes that are there. */
  "identity.sparse": { size: number; allocated: number };
  /** The kernel says that the file of a running program was deleted. */
  "identity.file-deleted": { path: Untrusted };
  /** There is no such file; `package` is the one that owns the path, or null. */
  "identity.file-missing": { path: Untrusted; package: string | null };
  /** A link that leads nowhere. */
  "identity.dangling-link": { target: Untrusted };
  /** The deleted file's path belongs to a package; `present`: a file stands there again, as after an upgrade. */
  "identity.deleted-was-packaged": { package: string; path: Untrusted; present: boolean };
  /** The program exists in memory only (memfd_create); its name is what the program chose. */
  "identity.anonymous-memory": { name: Untrusted };
  /** The process runs another file than the one that stands at its path now: something was put over it. */
  "identity.runs-another-file": { path: Untrusted; sha256: string };
  /** It bears a name that only threads of the kernel have, or writes its name as ps(1) writes theirs. */
  "identity.kernel-thread-name": { name: Untrusted };
  /** A process of what nobody owns calls itself as a packaged program does. */
  "identity.calls-itself-packaged": { name: Untrusted; package: string; path: Untrusted };
  /** One or two letters from the name of a packaged program. */
  "identity.resembles-packaged": { name: Untrusted; package: string; path: Untrusted };
  /** The content of a packaged program that has another name. */
  "identity.content-of-packaged": { package: string; path: Untrusted };
  /** A library that the process was told to load first; `package` is null when nobody owns it. */
  "identity.preloaded": { variable: string; library: Untrusted; package: string | null };
  /** The process has code mapped from a file that nobody owns. */
  "identity.maps-unowned-code": { library: Untrusted };
  /** The interpreter of a script is owned by nobody, or not there. */
  "identity.interpreter-of-nobody": { interpreter: Untrusted };
  "identity.interpreter-missing": { interpreter: Untrusted };
  /** The process interprets this script, or was started through the dynamic loader; `verdict` is that of the file. */
  "identity.runs-script": { path: Untrusted; verdict: string };
  "identity.run-by-loader": { path: Untrusted; verdict: string };
  /** `ratio` is suspect / genuine. */
  "identity.size-ratio": { suspect: number; genuine: number; ratio: number };
  "identity.mode-differs": { suspect: string; genuine: string };
  "identity.owner-differs": { suspect: string; genuine: string };
  "identity.mtime-differs": { suspect: string; genuine: string };
  /** One is an ELF program, the other a script or something else. */
  "identity.format-differs": { suspect: string; genuine: string };
  /** The inode was written years after the time that the content claims, and no package was installed at that moment. */
  "identity.ctime-years-after-mtime": { mtime: string; ctime: string; years: number };
  /** Packages store whole seconds: a fraction means that the file was written in place. */
  "identity.mtime-has-nanoseconds": { mtime: string };
  /** A 32-bit program where all packages are 64-bit. */
  "identity.elf-32-on-64": { machine: string; architecture: string };
  "identity.static": { size: number };
  "identity.no-build-id": Record<string, never>;
  "identity.stripped": Record<string, never>;
  "identity.not-stripped": Record<string, never>;
  "identity.high-entropy": { entropy: number };
  "identity.elf-damaged": { problems: string };
  /** None of the modes that packaged programs have (0755 with or without set-id bits). */
  "identity.mode-unusual": { mode: string };
  /** Runs with its owner's or group's rights, and no package answers for it. */
  "identity.set-uid-unowned": { mode: string; uid: number; gid: number };
  /** The administrator fixed another mode for it (dpkg-statoverride). */
  "identity.mode-differs-from-override": { override: string; found: string };
  "identity.owner-differs-from-override": { override: Untrusted; found: Untrusted };
  /** Permission bits, owners or capabilities are not those that the package recorded; `archive`: the package file that says so. */
  "identity.mode-not-as-shipped": { package: string; archive: Untrusted | null; recorded: string; found: string };
  "identity.owner-not-as-shipped": {
    package: string;
    archive: Untrusted | null;
    recorded: Untrusted;
    found: Untrusted;
  };
  "identity.capabilities-not-as-shipped": {
    package: string;
    archive: Untrusted | null;
    recorded: string;
    found: string;
  };
  /** The package gives it capabilities, and whether it has them cannot be told here. */
  "identity.capabilities-unread": { package: string; archive: Untrusted | null; recorded: string };
  /** It has capabilities, and the package manager records none for any file. */
  "identity.capabilities-unrecorded": { package: string; found: string };
  "identity.writable-by-all": { mode: string };
  /** It gives rights, and its inode was changed after most other files of the package were put here. */
  "identity.rights-changed-later": { package: string; mode: string; owner: Untrusted; ctime: string; others: string };
  /** A script of the package names the file and changes modes, owners or capabilities. */
  "identity.rights-by-script": { package: string; script: Untrusted };
  /** Its content is that of a package file which a key of this root vouches for. */
  "identity.signed-content": { package: string; archive: Untrusted; key: string };
  /** Its digest is the recorded one, and the package file, where it is still kept, has another content for it. */
  "identity.content-not-of-archive": { package: string; archive: Untrusted; found: string; recorded: string };
  /** npm, pip, gem, dkms, ucf, snap or flatpak has it by `record`, and in the second case recorded this content. */
  "identity.owned-by-other": { manager: string; package: Untrusted; version: Untrusted | null; record: Untrusted };
  "identity.as-other-owner-recorded": {
    manager: string;
    package: Untrusted;
    version: Untrusted | null;
    record: Untrusted;
  };
  /** One of these recorded another content for it. */
  "identity.differs-from-other-owner": {
    manager: string;
    package: Untrusted;
    version: Untrusted | null;
    record: Untrusted;
  };
  /** A configuration file that ucf(1) put there, and somebody edited. */
  "identity.edited-since-ucf": { manager: string; package: Untrusted; version: Untrusted | null; record: Untrusted };
  /** Its content matches a YARA rule that the user gave; `file` has the rule, `description` is the rule's own. */
  "identity.rule-matches": { rule: string; file: Untrusted; description: string | null };
  /** chattr +i or +a. */
  "identity.immutable": { flags: string };
}

/** All codes, for translators: the arguments of each are in `ReasonArgs`. */
export const REASON_CODES = [
  "identity.owned-by-nobody",
  "identity.bears-name-of-packaged",
  "identity.stands-before-packaged",
  "identity.digest-matches",
  "identity.digest-differs",
  "identity.conffile-edited",
  "identity.no-digest-recorded",
  "identity.genuine-digest-elsewhere",
  "identity.same-content-as-packaged",
  "identity.alternative",
  "identity.alternative-unregistered",
  "identity.diverted",
  "identity.symbolic-link",
  "identity.link-leaves-package",
  "identity.local-directory",
  "identity.left-to-administrator",
  "identity.temporary-directory",
  "identity.hidden-path",
  "identity.package-half-installed",
  "identity.package-lists-incomplete",
  "identity.package-database-unreadable",
  "identity.package-manager-unknown",
  "identity.no-package-database",
  "identity.cannot-read",
  "identity.not-a-regular-file",
  "identity.not-a-directory",
  "identity.too-large-to-read",
  "identity.changes-while-read",
  "identity.sparse",
  "identity.file-deleted",
  "identity.file-missing",
  "identity.dangling-link",
  "identity.deleted-was-packaged",
  "identity.anonymous-memory",
  "identity.runs-another-file",
  "identity.kernel-thread-name",
  "identity.calls-itself-packaged",
  "identity.resembles-packaged",
  "identity.content-of-packaged",
  "identity.preloaded",
  "identity.maps-unowned-code",
  "identity.interpreter-of-nobody",
  "identity.interpreter-missing",
  "identity.runs-script",
  "identity.run-by-loader",
  "identity.size-ratio",
  "identity.mode-differs",
  "identity.owner-differs",
  "identity.mtime-differs",
  "identity.format-differs",
  "identity.ctime-years-after-mtime",
  "identity.mtime-has-nanoseconds",
  "identity.elf-32-on-64",
  "identity.static",
  "identity.no-build-id",
  "identity.stripped",
  "identity.not-stripped",
  "identity.high-entropy",
  "identity.elf-damaged",
  "identity.mode-unusual",
  "identity.set-uid-unowned",
  "identity.mode-differs-from-override",
  "identity.owner-differs-from-override",
  "identity.mode-not-as-shipped",
  "identity.owner-not-as-shipped",
  "identity.capabilities-not-as-shipped",
  "identity.capabilities-unread",
  "identity.capabilities-unrecorded",
  "identity.writable-by-all",
  "identity.rights-changed-later",
  "identity.rights-by-script",
  "identity.signed-content",
  "identity.content-not-of-archive",
  "identity.owned-by-other",
  "identity.as-other-owner-recorded",
  "identity.differs-from-other-owner",
  "identity.edited-since-ucf",
  "identity.rule-matches",
  "identity.immutable",
] as const satisfies readonly ReasonCode[];

export type ReasonCode = keyof ReasonArgs;

/** A reason with the arguments that its code takes. */
export function reason<C extends ReasonCode>(code: C, weight: Reason["weight"], args: ReasonArgs[C]): Reason {
  return { code, args: { ...args }, weight };
}
