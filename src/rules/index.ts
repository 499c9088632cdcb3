import * as fs from "node:fs";
import { isTooLarge } from "../identity/file-facts.ts";
import { reason } from "../identity/reasons.ts";
import type { NotLooked, RulesAccount } from "../identity/result.ts";
import type { Reason } from "../identity/types.ts";
import type { Untrusted } from "../model/text.ts";
import { errnoOf } from "../platform/errno.ts";
import type { Root } from "../platform/root.ts";
import { readRules } from "./folder.ts";
import { LARGEST_SCANNED } from "./scan.ts";
import { RuleScanner, type NoAnswer, type ScannerLimits } from "./scanner.ts";

export interface RuleOptions {
  limits?: Partial<ScannerLimits>;
  /** The program of the child; by default the one beside the bundle. */
  program?: URL;
}

/** Gaps of one kind that are told one by one. */
const TOLD = 10;

/** YARA rules of a folder, looked for in files. Each content is scanned once, whatever its number of names. */
export class FileRules {
  readonly #folder: Untrusted;
  readonly #scanner: RuleScanner | null;
  readonly #known = new Map<string, Reason[]>();
  readonly #gaps = new Map<string, { told: NotLooked[]; left: number }>();
  readonly #account: RulesAccount;

  private constructor(folder: Untrusted, scanner: RuleScanner | null) {
    this.#folder = folder;
    this.#scanner = scanner;
    this.#account = { folder, files: 0, broken: 0, scanned: 0, matched: 0, unscanned: 0, usable: true };
  }

  /** Reads and compiles the rules. Null: there is no such folder. What is wrong with them is told by `gaps`. */
  static async open(host: Root, folder: Untrusted, options: RuleOptions = {}): Promise<FileRules | null> {
    const read = readRules(host, folder);
    if (read === null) return null;
    const scanner = read.files.length === 0 ? null : new RuleScanner(read.files, options);
    const rules = new FileRules(folder, scanner);
    for (const { file, why } of read.unread) rules.#gap(file, "identify.rules-unread", { file, why });
    if (scanner === null) rules.#gap(folder, "identify.rules-none", { folder });
    else await rules.#start(scanner);
    return rules;
  }

  /** The scanning process, for who watches it; null: none runs. */
  get pid(): number | null {
    return this.#scanner?.pid ?? null;
  }

  /** How many files of rules there are and what became of them. */
  get account(): RulesAccount {
    return { ...this.#account };
  }

  /** What could not be done: broken rules, contents that were not scanned, a library that is not there. */
  get gaps(): NotLooked[] {
    return [...this.#gaps.values()].flatMap(({ told, left }) => {
      const what = this.#folder;
      return left === 0 ? told : [...told, { what, code: "identify.rules-more", args: { left }, error: null }];
    });
  }

  /** Ends the scanning process. */
  close(): void {
    this.#scanner?.close();
  }

  /** The rules that the content behind a path of a root matches, each as a reason. */
  matches(root: Root, path: Untrusted): Promise<Reason[]> {
    return this.#scan(path, () => root.open(path));
  }

  /** The same of the program that a process runs, also when it has no name any more. */
  matchesOfProcess(pid: number, path: Untrusted): Promise<Reason[]> {
    return this.#scan(path, () => openProgram(pid));
  }

  async #start(scanner: RuleScanner): Promise<void> {
    const started = await scanner.start();
    if ("failed" in started) {
      this.#account.usable = false;
      this.#failed(this.#folder, started);
      return;
    }
    this.#account.files = started.compiled;
    this.#account.broken = started.broken.length;
    for (const { file, line, message } of started.broken) {
      this.#gap(file, "identify.rules-broken", { file, line, message });
    }
  }

  async #scan(path: Untrusted, open: () => number | null): Promise<Reason[]> {
    if (this.#scanner === null || !this.#account.usable || this.#account.files === 0) return [];
    let fd: number | null = null;
    try {
      fd = open();
      // No regular file has no content to scan; what is missing is told by who judges it.
      if (fd === null) return [];
      const stat = fs.fstatSync(fd, { bigint: true });
      const stamp = [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(":");
      const known = this.#known.get(stamp);
      if (known !== undefined || !stat.isFile()) return known ?? [];
      const reasons = await this.#scanOpen(this.#scanner, fd, stat, path);
      this.#known.set(stamp, reasons);
      return reasons;
    } catch (error) {
      const code = errnoOf(error);
      if (code === "") throw error;
      this.#unscanned(path, "identify.rules-unscanned", { path, error: code });
      return [];
    } finally {
      if (fd !== null) fs.closeSync(fd);
    }
  }

  async #scanOpen(scanner: RuleScanner, fd: number, stat: fs.BigIntStats, path: Untrusted): Promise<Reason[]> {
    if (isTooLarge(stat) || stat.size > LARGEST_SCANNED) {
      this.#unscanned(path, "identify.rules-too-large", { path, size: Number(stat.size), limit: LARGEST_SCANNED });
      return [];
    }
    if (scanner.givenUp) {
      this.#unscanned(path, "identify.rules-given-up", { path });
      return [];
    }
    const answer = await scanner.scan(fd, path);
    if (!Array.isArray(answer)) {
      this.#account.unscanned++;
      this.#failed(path, answer);
      return [];
    }
    this.#account.scanned++;
    if (answer.length > 0) this.#account.matched++;
    return answer.map((match) => reason("identity.rule-matches", "medium", { ...match }));
  }

  #failed(path: Untrusted, answer: NoAnswer): void {
    if (answer.failed === "unavailable") this.#gap(path, "identify.rules-no-library", { why: answer.why });
    else if (answer.failed === "timed-out") this.#gap(path, "identify.rules-timed-out", { path, ms: answer.ms });
    else if (answer.failed === "crashed") this.#gap(path, "identify.rules-crashed", { path, signal: answer.signal });
    else this.#gap(path, "identify.rules-refused", { path, why: answer.why });
  }

  #unscanned(path: Untrusted, code: string, args: NotLooked["args"]): void {
    this.#account.unscanned++;
    this.#gap(path, code, args, typeof args["error"] === "string" ? args["error"] : null);
  }

  #gap(what: Untrusted, code: string, args: NotLooked["args"], error: string | null = null): void {
    const gaps = this.#gaps.get(code) ?? { told: [], left: 0 };
    if (gaps.told.length < TOLD) gaps.told.push({ what, code, args, error });
    else gaps.left++;
    this.#gaps.set(code, gaps);
  }
}

/** The file that a process runs; null: it has ended. */
function openProgram(pid: number): number | null {
  const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = fs.constants;
  try {
    return fs.openSync(`/proc/${pid}/exe`, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes(errnoOf(error))) return null;
    throw error;
  }
}
