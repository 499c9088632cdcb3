import type { AuditControl, HostRule } from "./control.ts";
import type { AuditStatus } from "./messages.ts";
import { lives, ownKey, parseOwnKey, type OwnKey } from "./own-key.ts";
import { ruleAbis } from "./process-calls.ts";
import { Action, List } from "./rule.ts";

/** Why there can be no rules of ours; `code` as in `CouldNotLook` after `audit.`. */
export interface RulesRefused {
  code: "silent" | "locked" | "no-control" | "machine" | "failed";
  why: string;
}

/** Whether auditing is switched on, and whether this run may put it back. */
const LOCKED = 2;

/**
 * Our rules while they are loaded. They go behind the rules of the host: the first rule that matches decides, so the
 * records that others wait for keep their keys, and what the host excludes stays excluded. Nothing but our own rules
 * and, where auditing was off, the switch is changed; the backlog and the rate limit stay as they are.
 */
export class RulesOnHost {
  /** The state that was found. */
  readonly before: AuditStatus;
  /** `never` rules of the host that stand before ours and are about the same calls, or about new tasks. */
  readonly never: number;
  readonly #control: AuditControl;
  readonly #enabledBefore: 0 | 1;
  readonly #lastResort = (): void => {
    this.close();
  };
  #open = true;

  private constructor(control: AuditControl, before: AuditStatus, enabledBefore: 0 | 1, never: number) {
    this.#control = control;
    this.before = before;
    this.#enabledBefore = enabledBefore;
    this.never = never;
    process.on("exit", this.#lastResort);
  }

  /** Whether auditing was off, so that processes older than its first switching-on make no records. */
  get switchedOn(): boolean {
    return this.#enabledBefore === 0;
  }

  /** Loads the rules and switches auditing on. Takes away what killed runs have left before. Leaves nothing when it refuses. */
  static load(control: AuditControl): RulesOnHost | RulesRefused {
    const abis = ruleAbis();
    if (abis.length === 0)
      return { code: "machine", why: "the audit numbers of this machine's calls are not known here" };
    const found = control.status();
    if (found === null)
      return {
        code: "silent",
        why: "the kernel does not answer (audit=0 at boot, no CAP_AUDIT_CONTROL, or a container)",
      };
    if (found.enabled >= LOCKED)
      return { code: "locked", why: "audit is locked (-e 2): its rules change only with the next boot" };
    clearLeftovers(control);
    const status = control.status() ?? found;
    const present = control.rules();
    if (present === null) return { code: "silent", why: "the kernel does not list its rules" };
    const enabledBefore = othersOfOurs(present).some((key) => key.enabledBefore === 0) || status.enabled === 0 ? 0 : 1;
    const rules = new RulesOnHost(control, status, enabledBefore, present.filter(hides).length);
    try {
      for (const abi of abis) {
        const refused = control.add(abi, ownKey(enabledBefore));
        if (refused !== null) return rules.#fail(refused, "adding a rule");
      }
      const refused = enabledBefore === 0 ? control.setEnabled(1) : null;
      return refused === null ? rules : rules.#fail(refused, "switching it on");
    } catch (error) {
      rules.close();
      throw error;
    }
  }

  #fail(refused: string, doing: string): RulesRefused {
    this.close();
    const denied = /EPERM|ECONNREFUSED|Operation not permitted|must be root/i.test(refused);
    return denied
      ? {
          code: "no-control",
          why: `${doing} is refused (${refused}): it needs CAP_AUDIT_CONTROL in the initial namespaces`,
        }
      : { code: "failed", why: `${doing} failed (${refused})` };
  }

  /** The state now; null when the kernel does not answer. */
  status(): AuditStatus | null {
    return this.#control.status();
  }

  /** Takes the rules away and puts the switch back; what could not be undone, in words. Idempotent. */
  close(): string[] {
    if (!this.#open) return [];
    this.#open = false;
    process.removeListener("exit", this.#lastResort);
    const problems: string[] = [];
    // The switch first: whoever is killed in between leaves the mark by which the next run knows what to do.
    if (this.#enabledBefore === 0) problems.push(...this.#switchOff());
    for (const rule of this.#control.rules() ?? []) {
      if (rule.key !== ownKey(this.#enabledBefore)) continue;
      const refused = this.#control.remove(rule);
      if (refused !== null) problems.push(`a rule with the key ${rule.key} is left (${refused})`);
    }
    return problems;
  }

  /** Off again, unless another run of ours still looks, or a daemon has started meanwhile, which wants it on. */
  #switchOff(): string[] {
    const now = this.#control.status();
    if (now === null || now.enabled !== 1 || othersOfOurs(this.#control.rules() ?? []).length > 0) return [];
    if (now.pid !== 0 && this.before.pid === 0)
      return [`auditing stays on: an audit daemon (pid ${now.pid}) has started meanwhile`];
    const refused = this.#control.setEnabled(0);
    if (refused !== null) return [`auditing stays on (${refused})`];
    // A run that has begun between the two looks.
    if (othersOfOurs(this.#control.rules() ?? []).length > 0) this.#control.setEnabled(1);
    return [];
  }
}

/**
 * Takes away the rules of runs that were killed, and puts the switch back where the last of them had found it off.
 * Rules of living runs and of others are not touched. Returns the number of rules taken away.
 */
export function clearLeftovers(control: AuditControl): number {
  const left = (control.rules() ?? []).filter((rule) => {
    const own = parseOwnKey(rule.key);
    return own !== null && !lives(own);
  });
  if (left.length === 0) return 0;
  const wasOff = left.some((rule) => parseOwnKey(rule.key)?.enabledBefore === 0);
  const status = control.status();
  const alone = !(control.rules() ?? []).some((rule) => isLiving(rule));
  // A daemon that takes the records now wants it on.
  if (wasOff && alone && status?.enabled === 1 && status.pid === 0) control.setEnabled(0);
  return left.filter((rule) => control.remove(rule) === null).length;
}

/** Keys of the rules of other runs that go on. */
function othersOfOurs(rules: readonly HostRule[]): OwnKey[] {
  return rules.flatMap((rule) => {
    const own = parseOwnKey(rule.key);
    return own !== null && own.maker.pid !== process.pid && lives(own) ? [own] : [];
  });
}

function isLiving(rule: HostRule): boolean {
  const own = parseOwnKey(rule.key);
  return own !== null && lives(own);
}

/** Whether a rule of the host hides what ours would record. */
function hides(rule: HostRule): boolean {
  if (rule.action !== Action.never) return false;
  return rule.list === List.task || (rule.list === List.exit && rule.processCalls);
}
