import { baseName } from "../detect/measure.ts";
import type { Finding } from "../detect/types.ts";
import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { listConfig, newBudget, readConfig } from "../supervisors/index.ts";
import { loopThatRuns } from "./script-loop.ts";
import { settingOf } from "./pace-setting.ts";

/** The line that sets the pace of a storm: the loop of a script, or the setting of an agent whose value is the pace seen. */
export interface PaceLine {
  file: Untrusted;
  /** 1-based. */
  line: number;
  /** The line itself, without the blanks around it, cut. */
  text: Untrusted;
  by: "setting" | "loop";
}

export interface PaceQuestion {
  root: Root;
  finding: Finding;
  /** The script that the spawner, a shell, runs. */
  script: Untrusted | null;
  /** Arguments of the spawner; null: not known. */
  argv: readonly Untrusted[] | null;
}

const MOST_FILES = 32;
const SETTINGS = /\.(?:conf|cfg|cnf|ini|json|toml|ya?ml|xml)$/;

/** Looks for that line. Null: none was found, or it is not that kind of storm. Never throws for what files hold. */
export function paceLine({ root, finding, script, argv }: PaceQuestion): PaceLine | null {
  const budget = newBudget();
  const read = (file: Untrusted): Untrusted[] | null => readConfig(root, file, [], budget)?.split("\n") ?? null;
  const told = (file: Untrusted, at: { line: number; text: Untrusted } | null, by: PaceLine["by"]): PaceLine | null =>
    at === null ? null : { file, ...at, by };
  if (finding.kind === "shell-loop") {
    const lines = script?.startsWith("/") === true ? read(script) : null;
    return script === null || lines === null ? null : told(script, loopThatRuns(lines, programsOf(finding)), "loop");
  }
  const { periodMs } = finding.facts;
  if (finding.kind !== "polling-agent" || typeof periodMs !== "number" || finding.spawner === null) return null;
  for (const file of settingFiles(root, baseName(finding.spawner.image), argv ?? [])) {
    const lines = read(file);
    const found = lines === null ? null : told(file, settingOf(lines, periodMs), "setting");
    if (found !== null) return found;
  }
  return null;
}

function programsOf({ covers }: Finding): Untrusted[] {
  return [...new Set(covers.map(({ image }) => baseName(image)))].filter((name) => name !== "");
}

/** Files that its arguments name, then those that bear its name in the usual places. */
function settingFiles(root: Root, name: Untrusted, argv: readonly Untrusted[]): Untrusted[] {
  const files = new Set<Untrusted>();
  for (const word of argv.slice(1)) {
    const path = word.slice(word.indexOf("/"));
    if (word.startsWith("/") || /^-[^/]*=?\//.test(word)) files.add(path);
  }
  // zabbix_agentd has its settings in /etc/zabbix.
  const names = new Set([name, name.replace(/d$/, ""), name.replace(/[_-].*$/, "")]);
  for (const one of names) {
    if (one === "" || one.startsWith(".")) continue;
    for (const file of [`/etc/${one}.conf`, `/etc/default/${one}`, `/etc/sysconfig/${one}`]) files.add(file);
    for (const entry of listConfig(root, `/etc/${one}`, []))
      if (SETTINGS.test(entry)) files.add(`/etc/${one}/${entry}`);
  }
  return [...files].slice(0, MOST_FILES);
}
