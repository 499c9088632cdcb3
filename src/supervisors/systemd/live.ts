import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import type { Untrusted } from "../../model/text.ts";
import { isUnitName } from "./names.ts";

/** What the running systemd says about one unit (systemd.directives(7), org.freedesktop.systemd1(5)). */
export interface LiveFacts {
  /**
   * Restarts by Restart= since the unit was last started by hand, with the one that its start limit refused; null before
   * systemd 235.
   */
  restarts: number | null;
  /** 0 when nothing runs; null when not told. */
  mainPid: number | null;
  /** `success`, `exit-code`, `signal`, … `start-limit-hit` only where the last run ended well: the first failure stays. */
  result: string;
  fragment: Untrusted | null;
  /** In the order they are applied. Old versions do not quote: there a blank in a path cannot be told from a separator. */
  dropIns: Untrusted[];
}

const SYSTEMCTL = ["/usr/bin/systemctl", "/bin/systemctl"];
const PROPERTIES = "NRestarts,MainPID,Result,FragmentPath,DropInPaths";
const TIMEOUT_MS = 2_000;

/**
 * Asks the systemd that runs this host (not the examined root) about a unit. `facts` is null, and `why` says so, when
 * systemd is not PID 1 here (no /run/systemd/system, sd_booted(3)), the name is none of a unit, or it does not answer in 2 s.
 */
export async function liveFacts(unit: Untrusted): Promise<{ facts: LiveFacts | null; why: string | null }> {
  if (!existsSync("/run/systemd/system")) return { facts: null, why: "systemd does not run this host" };
  // systemctl expands patterns in unit names, so nothing but plain names may reach it.
  if (!isUnitName(unit)) return { facts: null, why: "not a unit name" };
  const systemctl = SYSTEMCTL.find((path) => existsSync(path));
  if (systemctl === undefined) return { facts: null, why: "systemctl is not installed" };
  return new Promise((resolve) => {
    execFile(
      systemctl,
      ["show", "--no-pager", "-p", PROPERTIES, "--", unit],
      {
        timeout: TIMEOUT_MS,
        killSignal: "SIGKILL",
        maxBuffer: 1 << 20,
        env: { LC_ALL: "C", PATH: "/usr/bin:/bin" },
        windowsHide: true,
      },
      (error, stdout) => {
        if (error === null) resolve({ facts: parseShow(stdout), why: null });
        else
          resolve({
            facts: null,
            why:
              error.killed === true
                ? "systemctl did not answer in 2 s"
                : `systemctl failed: ${error.code ?? error.signal ?? "unknown"}`,
          });
      },
    );
  });
}

/** Facts from the `Key=value` lines of `systemctl show`. */
export function parseShow(output: string): LiveFacts {
  const values = new Map<string, string>();
  for (const line of output.split("\n")) {
    const equals = line.indexOf("=");
    if (equals > 0) values.set(line.slice(0, equals), line.slice(equals + 1));
  }
  const number = (key: string): number | null => {
    const text = values.get(key) ?? "";
    return /^\d{1,15}$/.test(text) ? Number(text) : null;
  };
  return {
    restarts: number("NRestarts"),
    mainPid: number("MainPID"),
    result: values.get("Result") ?? "",
    fragment: values.get("FragmentPath") || null,
    dropIns: unquoteWords(values.get("DropInPaths") ?? ""),
  };
}

/** `shell_maybe_quote()` of each path, blanks between: `/a.conf "/b/30 \"c\"\n.conf"`. Paths begin with `/`, quoted or not. */
function unquoteWords(text: string): Untrusted[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|[^ ]+/g)].map(([word, quoted]) =>
    quoted === undefined ? word : quoted.replace(/\\([0-7]{3}|.)/g, (_, escape: string) => unescapeC(escape)),
  );
}

/** What follows the backslash in an escape of `cescape_char()`, or a character that the shell would take as its own. */
function unescapeC(escape: string): string {
  if (/^[0-7]{3}$/.test(escape)) return String.fromCharCode(Number.parseInt(escape, 8));
  const at = "abtnvfr".indexOf(escape);
  return at < 0 ? escape : String.fromCharCode(7 + at);
}
