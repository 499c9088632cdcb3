import { fromBytes, type Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import type { ManagerCommands } from "./package-database.ts";
import { lastName } from "./places.ts";
import type { ReasonCode } from "./reasons.ts";
import type { Check, Identity, Reason } from "./types.ts";

/** What a check of one reason may be made of. */
interface About {
  args: Reason["args"];
  /** The judged file, as the host names it. */
  file: Untrusted;
  path: Untrusted;
  pid: number | null;
  by: ManagerCommands | null;
  /** An inside path as the host names it. */
  onHost: (path: Untrusted) => Untrusted;
}

type Make = (about: About) => { code: string; command: Untrusted[] } | null;

const text = (value: unknown): Untrusted => (typeof value === "string" ? value : "");
const of = (code: string, command: Untrusted[] | undefined): ReturnType<Make> =>
  command === undefined ? null : { code: `identity-check.${code}`, command };

const rights: Make = ({ file, args, by }) =>
  typeof args["archive"] === "string"
    ? of("archive", by?.contents?.(args["archive"]))
    : of("rights", ["stat", "--format=%A %U:%G %z %n", file]);
const capabilities: Make = ({ file }) => of("capabilities", ["getcap", file]);
const override: Make = ({ by }) => of("override", by?.override?.());
const alternative: Make = ({ args, by }) => of("alternative", by?.alternative?.(text(args["name"])));
const compared: Make = ({ file, args, onHost }) => of("compare", ["cmp", file, onHost(text(args["path"]))]);
const firstLine: Make = ({ file }) => of("first-line", ["head", "-n", "1", file]);
const ofProcess =
  (code: string, ...command: string[]): Make =>
  ({ pid }) =>
    pid === null ? null : of(code, [...command, `/proc/${pid}/${code}`]);

/** The command that shows what a reason says, for those that the checks of the verdict do not show. */
const CHECKS: Partial<Record<ReasonCode, Make>> = {
  "identity.mode-not-as-shipped": rights,
  "identity.owner-not-as-shipped": rights,
  "identity.rights-changed-later": rights,
  "identity.writable-by-all": rights,
  "identity.set-uid-unowned": rights,
  "identity.mode-unusual": rights,
  "identity.capabilities-not-as-shipped": capabilities,
  "identity.capabilities-unrecorded": capabilities,
  "identity.content-not-of-archive": ({ args, by }) => of("archive", by?.contents?.(text(args["archive"]))),
  "identity.mode-differs-from-override": override,
  "identity.owner-differs-from-override": override,
  "identity.rights-by-script": ({ args, path, onHost }) =>
    of("script", ["grep", "-n", "--fixed-strings", "-e", lastName(path), onHost(text(args["script"]))]),
  "identity.alternative": alternative,
  "identity.alternative-unregistered": alternative,
  "identity.diverted": ({ args, by }) => of("diversion", by?.diversion?.(text(args["from"]))),
  "identity.symbolic-link": ({ file }) => of("link", ["ls", "-l", file]),
  "identity.link-leaves-package": ({ file }) => of("link", ["ls", "-l", file]),
  "identity.genuine-digest-elsewhere": ({ args, onHost }) =>
    of("elsewhere", [digestTool(text(args["digest"])), onHost(text(args["path"]))]),
  "identity.same-content-as-packaged": compared,
  "identity.content-of-packaged": compared,
  "identity.runs-another-file": ({ file, pid }) =>
    pid === null ? null : of("running", ["cmp", `/proc/${pid}/exe`, file]),
  "identity.calls-itself-packaged": ofProcess("cmdline", "cat"),
  "identity.preloaded": ofProcess("environ", "strings"),
  "identity.maps-unowned-code": ofProcess("maps", "cat"),
  "identity.interpreter-of-nobody": firstLine,
  "identity.interpreter-missing": firstLine,
  "identity.rule-matches": ({ file, args, pid }) =>
    of("rule", ["yara", text(args["file"]), pid === null ? file : `/proc/${pid}/exe`]),
  "identity.immutable": ({ file }) => of("flags", ["lsattr", "-d", "--", file]),
};

function digestTool(hex: string): string {
  return { 32: "md5sum", 40: "sha1sum", 64: "sha256sum", 96: "sha384sum", 128: "sha512sum" }[hex.length] ?? "sha256sum";
}

/** Commands that show single reasons, heavier ones first, each command once. */
export function reasonChecks(root: Root, identity: Identity, pid: number | null, by: ManagerCommands | null): Check[] {
  const onHost = (path: Untrusted): Untrusted => (path.startsWith("/") ? fromBytes(root.hostPath(path)) : path);
  const { path } = identity;
  const checks = new Map<string, Check>();
  for (const weight of ["strong", "medium", "exculpatory", "weak"]) {
    for (const { code, args } of identity.reasons.filter((one) => one.weight === weight)) {
      const made = CHECKS[code as ReasonCode]?.({ args, file: onHost(path), path, pid, by, onHost });
      if (!made) continue;
      const key = made.command.join("\0");
      if (!checks.has(key)) checks.set(key, { ...made, args: {}, reason: code });
    }
  }
  return [...checks.values()];
}
