/** What the tool and the host's own tools stand on. */
export const footing = {
  "footing.title": "THIS MAY BE WRONG: what it stands on is not sound",
  "footing.title-minor": "WHAT THIS STANDS ON",
  "footing.own": "{path}[[ of package {package}]][[, of no package: sha256 {sha256:words}]]",
  "footing.own-altered": "this tool itself runs on {path}: {verdict:words}[[, of package {package}]]",
  "footing.own-preload": "{variable:words} is set in this process: {libraries:list}",
  "footing.own-code": "code of files that no package owns runs in this process: {libraries:list}",
  "footing.preload": "{file} loads into every program: {libraries:list}",
  "footing.preload-unowned": "{file} loads into every program what no package owns: {libraries:list}",
  "footing.preload-strange": "{file} is there and is no regular file",
  "footing.kernel-tainted": "the kernel is tainted: {flags:words}[[, by {modules:list}]]",
  "footing.taint-without-module":
    "the kernel is tainted ({flags:words}) by a module that is not in its list: it was taken out, or it hides",
  "footing.database-younger":
    "{count:count} {count#file|files} of the package database changed after the last action of {manager:words} ({logged:time} UTC), the last {file} at {changed:time} UTC: what packages shipped may have been rewritten",
  "footing.tool-altered":
    "{path} is not what its package shipped or belongs to none ({verdict:words}): do not believe what it shows",
  "footing.tool-local": "{path} is local software that no package answers for, and may show what it likes",
  "footing.tool-doubtful": "{path} is as its package shipped it, and something speaks against it all the same",
  "couldnot.footing.no-database": "{what:words}: {why:words}",
  "couldnot.footing.tool-unverifiable": "{what}: {why:words}",
  "couldnot.footing.unreadable": "{what}: {why:words}",
  "couldnot.footing.no-package-log": "whether the package database is younger than the last action: {what} has none",
  "couldnot.footing.copied-database":
    "whether the package database was changed: all of {what} is younger than the log, as in a copy",
  "couldnot.footing.no-lists": "whether the package database was changed: {what} has no lists of files",
  "couldnot.footing.single-file":
    "whether the package database was changed: {what} is one file, and nothing stands beside it that apk writes together with it",
  "couldnot.footing.rpm-unrecorded":
    "whether the package database was changed by others than rpm: {what} changed {seconds:seconds} after the last installation that is recorded, as rpm --erase, --rebuilddb and --import do without a record, or a copy of the system",
} as const;
