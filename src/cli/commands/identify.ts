import type { Command } from "commander";
import { EXIT_CODES, withReportOptions, type ReportFlags } from "./shared.ts";

/** Adds `whoforks identify` to the command line. */
export function addIdentify(program: Command, version: string): void {
  withReportOptions(
    program
      .command("identify")
      .argument("[target...]", "paths of files, or numbers of processes (a file with such a name: ./812)")
      .description("tell whose file a program is, and whether it is what it claims to be")
      .option("--all", "every program in the search paths, every one that runs, every one that a supervisor starts")
      .option("--everywhere", "with --all: look for set-id programs in every directory, however long it takes")
      .option(
        "--verify-packages",
        "compare every packaged file with its package's record, as dpkg --verify and debsums do",
      )
      .option("--cache <file>", "with --verify-packages: keep digests there for the next run")
      .option("--root <dir>", "the file system that the paths belong to: a mounted disk, a container's root")
      .option("--from <case>", "what a case (whoforks record) holds of the files, instead of looking at a file system")
      .option("--reference <file>", "compare the one file with this .deb, .rpm, .apk, .pkg.tar.zst or plain file")
      .option("--fetch-reference", "the same with its package, which the host's package manager downloads")
      .option("--rules <folder>", "look for the YARA rules of this folder's *.yar and *.yara in each file"),
  )
    .option("-q, --quiet", "no progress on standard error")
    .option("-v, --verbose", "every reason and every fact")
    .addHelpText(
      "after",
      `
Examples:
  whoforks identify /usr/bin/atd              a file
  sudo whoforks identify 812                  the program that a process runs, also when it was deleted
  whoforks identify --root /mnt /usr/sbin/atd a file of a mounted disk, by the packages of that disk
  whoforks identify --from web1.case /usr/bin/atd     what a case found out about it
  sudo whoforks identify --all                all that this host could start, the worst first
  whoforks identify --reference at.deb /usr/bin/atd   it beside what package at has under that name
  sudo whoforks identify --all --rules /root/rules    and which of them match your YARA rules
  sudo whoforks identify --verify-packages    every file of every package against its record
  whoforks identify --json ./atd              for a script: docs/identify.md

It only looks: no file is changed, no program of the host is run but gpgv, and with --fetch-reference apt-get,
dnf or pacman, which download the package into a temporary folder.

Exit codes: ${EXIT_CODES}`,
    )
    .action(async (targets: string[], flags: IdentifyFlags) => {
      const { identifyCommand } = await import("../identify.ts");
      process.exitCode = await identifyCommand(targets, flags, version);
    });
}

/** Options of `identify` as commander hands them over. */
export interface IdentifyFlags extends ReportFlags {
  root?: string;
  from?: string;
  all?: boolean;
  everywhere?: boolean;
  verifyPackages?: boolean;
  cache?: string;
  reference?: string;
  fetchReference?: boolean;
  rules?: string;
  quiet?: boolean;
  verbose?: boolean;
}
