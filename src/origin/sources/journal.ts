import * as fs from "node:fs";
import type { Untrusted } from "../../model/text.ts";
import { reasonOf } from "../../platform/errno.ts";
import type { Root } from "../../platform/root.ts";
import type { Moments } from "../moments.ts";
import { JournalFile, type JournalEntry } from "../systemd-journal/file.ts";
import { Telling } from "../told.ts";
import type { Question, Source } from "../types.ts";
import { FailedLogins, tellMessage } from "./auth-log.ts";

const FOLDERS = ["/var/log/journal", "/run/log/journal"];
const MOST_FILES = 4096;
/** Of all files together: a storm writes hundreds in a second. */
const MOST_ENTRIES = 100_000;
const FIELDS = new Set(["MESSAGE", "MESSAGE_ID", "SYSLOG_IDENTIFIER", "UNIT", "_COMM", "_PID"]);
/** SD_MESSAGE_UNIT_STARTED (systemd, sd-messages.h). */
const UNIT_STARTED = "39f53479d3a045ac8e11786248231fbf";

/**
 * The journal of systemd: logins, sudo, cron and units that were started, near the times of the file. Its files are read here,
 * since the journalctl of an examined host is not trusted.
 */
export const journal: Source = {
  id: "journal",
  async look(question) {
    const telling = new Telling(this.id, question);
    const failed = new FailedLogins();
    const bound = { left: MOST_ENTRIES };
    const files = filesOf(question.root, telling);
    for (const path of files) {
      telling.nextFile();
      await readFile(path, question, telling, failed, bound);
    }
    if (bound.left <= 0) {
      telling.gap("origin.too-long", FOLDERS[0] ?? "", `only ${MOST_ENTRIES} entries near its times are read`);
    }
    failed.tell(telling);
    return files.length > 0 || telling.gaps.length > 0 ? telling.end() : null;
  },
};

function filesOf(root: Root, telling: Telling): Untrusted[] {
  const files: Untrusted[] = [];
  for (const folder of FOLDERS) {
    try {
      for (const name of root.list(folder) ?? []) {
        const inside = (root.list(`${folder}/${name}`) ?? []).map((file) => `${name}/${file}`);
        for (const file of [name, ...inside]) if (/\.journal~?$/.test(file)) files.push(`${folder}/${file}`);
      }
    } catch (error) {
      telling.gap("origin.unreadable", folder, reasonOf(error));
    }
  }
  if (files.length <= MOST_FILES) return files;
  telling.gap("origin.too-long", FOLDERS[0] ?? "", `only ${MOST_FILES} of ${files.length} files are read`);
  return files.slice(0, MOST_FILES);
}

async function readFile(
  path: Untrusted,
  question: Question,
  telling: Telling,
  failed: FailedLogins,
  bound: { left: number },
): Promise<void> {
  let fd: number | null = null;
  try {
    fd = question.root.open(path);
    if (fd === null) return telling.gap("origin.no-regular-file", path, "not a regular file");
    const file = JournalFile.open(fd, FIELDS);
    if ("problem" in file) {
      if (file.problem === "newer") telling.gap("origin.journal-newer", path, `flags 0x${file.flags.toString(16)}`);
      else telling.gap("origin.damaged", path, "no journal of systemd");
      return;
    }
    telling.files.push(path);
    if (file.span === null) return;
    for (const [ms, at] of [
      [file.span.from, "first entry"],
      [file.span.to, "last entry"],
    ] as const) {
      telling.record(ms, { file: path, at, quote: null }, false);
    }
    for (const [from, to] of windowsOf(question.moments)) {
      if (from > file.span.to || to < file.span.from) continue;
      for await (const entry of file.between(from, to)) {
        if (bound.left-- <= 0) return;
        tellEntry(path, entry, question, telling, failed);
      }
    }
    if (file.damaged > 0) telling.gap("origin.damaged", path, `${file.damaged} of its objects cannot be read`);
  } catch (error) {
    telling.gap("origin.unreadable", path, reasonOf(error));
  } finally {
    if (fd !== null) fs.closeSync(fd);
  }
}

/** Stretches around the moments, those that touch as one. */
function windowsOf({ all, around }: Moments): [number, number][] {
  const windows: [number, number][] = [];
  for (const { ms } of [...all].sort((a, b) => a.ms - b.ms)) {
    const last = windows.at(-1);
    if (last !== undefined && ms - around <= last[1]) last[1] = ms + around;
    else windows.push([ms - around, ms + around]);
  }
  return windows;
}

function tellEntry(
  file: Untrusted,
  { ms, number, fields }: JournalEntry,
  question: Question,
  telling: Telling,
  failed: FailedLogins,
): void {
  const message = fields.get("MESSAGE") ?? "";
  const program = programOf(fields);
  const place = { file, at: `entry ${number}`, quote: `${program}: ${message}` };
  if (!telling.record(ms, place, false)) return;
  const unit = fields.get("UNIT");
  // The process id comes from the kernel; anybody may write the rest.
  if (unit !== undefined && fields.get("MESSAGE_ID") === UNIT_STARTED && fields.get("_PID") === "1") {
    return telling.event(ms, "around", "origin.unit-started", { unit }, place);
  }
  tellMessage(question, telling, failed, ms, { program, message, place });
}

/**
 * The name under which it was written. Anybody may choose it (`logger -t sudo`), but the name of the task, which journald has
 * from the kernel, must fit: `CRON` of cron, `sshd` of sshd-session.
 */
function programOf(fields: JournalEntry["fields"]): Untrusted {
  const [identifier = "", task] = [fields.get("SYSLOG_IDENTIFIER"), fields.get("_COMM")];
  if (task === undefined || identifier === "") return identifier || (task ?? "");
  const [a, b] = [identifier.toLowerCase(), task.toLowerCase()];
  return a.startsWith(b) || b.startsWith(a) || a.endsWith(`/${b}`) ? identifier : task;
}
