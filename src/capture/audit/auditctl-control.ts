import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import type { AuditControl, HostRule } from "./control.ts";
import type { AuditStatus } from "./messages.ts";
import { CALLS, processCallNumbers, type RuleAbi } from "./process-calls.ts";
import { Action, List } from "./rule.ts";

const PROGRAMS = ["/usr/sbin/auditctl", "/sbin/auditctl"];
const TIMEOUT_MS = 5000;

/** The path of auditctl, or null. Never searched for in PATH: on a compromised host that may be anybody's. */
export function auditctlPath(): string | null {
  return PROGRAMS.find((path) => existsSync(path)) ?? null;
}

/** By the distribution's auditctl(8), where the optional package koffi is missing. */
export class AuditctlControl implements AuditControl {
  readonly #program: string;

  constructor(program: string) {
    this.#program = program;
  }

  status(): AuditStatus | null {
    const text = this.#run(["-s"]);
    return "failed" in text ? null : parseStatusText(text.said);
  }

  rules(): HostRule[] | null {
    const text = this.#run(["-l"]);
    return "failed" in text ? null : parseRuleLines(text.said);
  }

  add(abi: RuleAbi, key: string): string | null {
    const words = ["-a", "always,exit", "-F", `arch=${abi.word}`, "-S", CALLS.join(","), "-k", key];
    const done = this.#run(words);
    return "failed" in done ? done.failed : null;
  }

  remove({ raw }: HostRule): string | null {
    if (raw instanceof Uint8Array) return "it was listed by the kernel";
    const done = this.#run(raw);
    return "failed" in done ? done.failed : null;
  }

  setEnabled(enabled: 0 | 1): string | null {
    const done = this.#run(["-e", String(enabled)]);
    return "failed" in done ? done.failed : null;
  }

  close(): void {}

  #run(args: readonly string[]): { said: string } | { failed: string } {
    const { status, stdout, stderr, error } = spawnSync(this.#program, args, {
      encoding: "utf8",
      env: { LC_ALL: "C" },
      timeout: TIMEOUT_MS,
      stdio: ["ignore", "pipe", "pipe"],
    });
    if (status === 0) return { said: stdout };
    return { failed: (stderr ?? "").trim().split("\n")[0] || (error?.message ?? `${this.#program} failed`) };
  }
}

/** Reads what `auditctl -s` prints, a name and a number a line; null when it does not say whether audit is on. */
export function parseStatusText(text: string): AuditStatus | null {
  const numbers = new Map([...text.matchAll(/^(\w+) (\d+)/gm)].map(([, name, value]) => [name, Number(value)]));
  const enabled = numbers.get("enabled");
  if (enabled === undefined) return null;
  const number = (name: string): number => numbers.get(name) ?? 0;
  return {
    enabled,
    pid: number("pid"),
    rateLimit: number("rate_limit"),
    backlogLimit: number("backlog_limit"),
    lost: number("lost"),
    waited: numbers.get("backlog_wait_time_actual") ?? null,
  };
}

const LISTS: Readonly<Record<string, number>> = { task: List.task, exit: List.exit, exclude: List.exclude };
const ACTIONS: Readonly<Record<string, number>> = { never: Action.never, always: Action.always };

/** Reads what `auditctl -l` prints: `-a always,exit -F arch=b64 -S fork,vfork -F key=a`, `-w /etc -p wa -k b`. */
export function parseRuleLines(text: string): HostRule[] {
  return text.split("\n").flatMap((line) => {
    const words = line.split(" ");
    const [first, second] = words;
    if (first !== "-a" || second === undefined) return first === "-w" ? [watch(words)] : [];
    const [a, b] = second.split(",") as [string, string | undefined];
    const [action, list] = a in ACTIONS ? [a, b ?? ""] : [b ?? "", a];
    const calls = words.flatMap((word, at) => (words[at - 1] === "-S" ? word.split(",") : []));
    const key = /(?:^| )(?:-F key=|-k )(\S+)/.exec(line)?.[1] ?? null;
    return [
      {
        list: LISTS[list] ?? -1,
        action: ACTIONS[action] ?? -1,
        processCalls: calls.length === 0 || calls.some(isProcessCall),
        key,
        raw: ["-d", ...words.slice(1)],
      },
    ];
  });
}

function isProcessCall(call: string): boolean {
  return call === "all" || (CALLS as readonly string[]).includes(call) || processCallNumbers().has(Number(call));
}

function watch(words: readonly string[]): HostRule {
  return {
    list: -1,
    action: Action.always,
    processCalls: false,
    key: words.at(-1) ?? null,
    raw: ["-W", ...words.slice(1)],
  };
}
