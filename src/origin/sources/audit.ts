import { AuditEventReader } from "../../formats/audit/events/reader.ts";
import type { AuditEvent, AuditRecord } from "../../formats/audit/events/event.ts";
import { loadCallNames } from "../../formats/audit/events/calls.ts";
import { namesFrom } from "../../formats/audit/events/names.ts";
import { redactArguments } from "../../model/redact.ts";
import { toBytes, type Untrusted } from "../../model/text.ts";
import { readLog } from "../logs/lines.ts";
import { Telling } from "../told.ts";
import { usersOf } from "../users.ts";
import type { Question, Source } from "../types.ts";

/** Calls that make, fill, move or touch a file. */
const CHANGING =
  /^(?:open|openat|openat2|creat|rename|renameat|renameat2|link|linkat|symlink|symlinkat|unlink|unlinkat|truncate|ftruncate|chmod|fchmod|fchmodat|chown|fchown|lchown|fchownat|setxattr|lsetxattr|fsetxattr|utime|utimes|utimensat|futimesat|mknod|mknodat|copy_file_range)$/;

/** Records of the kernel's audit that name the file: who made or changed it, by which program, in which login. */
export const audit: Source = {
  id: "audit",
  async look(question) {
    const telling = new Telling(this.id, question);
    const { root, path } = question;
    const users = new Map(usersOf(root).map(({ uid, name }) => [uid, name]));
    const reading = { names: namesFrom({ users, groups: new Map() }), calls: await loadCallNames() };
    const base = path.slice(path.lastIndexOf("/") + 1);
    const wanted = [base, Buffer.from(toBytes(base)).toString("hex").toUpperCase()].map((text) =>
      Buffer.from(toBytes(text)).toString("latin1"),
    );
    const reader = new AuditEventReader(
      (event) => tell(question, telling, event),
      reading,
      (held) => held.records.some(({ body }) => wanted.some((text) => body.includes(text))),
    );
    const found = await readLog(root, "/var/log/audit/audit.log", telling, (line, place) => {
      reader.push(Buffer.concat([toBytes(line), Buffer.from("\n")]), place.file);
    });
    if (!found) return null;
    const { ledger } = reader.end();
    telling.ledger.skipped += ledger.skipped;
    telling.ledger.examples.push(...ledger.examples.slice(0, 3 - telling.ledger.examples.length));
    return telling.end();
  },
};

function tell({ names }: Question, telling: Telling, event: AuditEvent): void {
  const { ms, serial, file, line, syscall, success } = event;
  const place = { file, at: `line ${line} (event ${serial})`, quote: null };
  if (!telling.record(ms, place, false) || success === false) return;
  const touched = event.records.filter(({ type }) => type === "PATH").find((record) => isAbout(record, event, names));
  const started = event.argv !== null && event.exe !== null && names.includes(event.exe);
  const named = event.argv?.some((word, at) => at > 0 && names.includes(word)) === true;
  if (touched === undefined && !named && !started) return;
  const call = event.records.find(({ type }) => type === "SYSCALL")?.fields ?? {};
  const args = {
    exe: event.exe,
    comm: event.comm,
    pid: event.pid,
    user: call["auid"] ?? null,
    as: call["uid"] ?? null,
    session: call["ses"] ?? null,
    syscall,
    command: event.argv === null ? null : redactArguments(event.argv).join(" "),
  };
  const kind = touched?.fields["nametype"];
  if (touched !== undefined && kind === "CREATE") telling.event(ms, "file", "origin.audit-created", args, place);
  else if (touched !== undefined && kind === "DELETE") telling.event(ms, "file", "origin.audit-deleted", args, place);
  else if (touched !== undefined && syscall !== null && CHANGING.test(syscall))
    telling.event(ms, "file", "origin.audit-changed", args, place);
  else if (started) telling.event(ms, "file", "origin.audit-executed", args, place);
  else if (named) telling.event(ms, "file", "origin.audit-named", args, place);
}

/** Names in PATH records are as the call gave them: relative ones begin at the working directory. */
function isAbout({ fields }: AuditRecord, { cwd }: AuditEvent, names: readonly Untrusted[]): boolean {
  const name = fields["name"];
  if (typeof name !== "string") return false;
  if (name.startsWith("/")) return names.includes(name);
  return cwd !== null && names.includes(`${cwd === "/" ? "" : cwd}/${name.replace(/^\.\//, "")}`);
}
