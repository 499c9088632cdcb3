import * as fs from "node:fs";
import { hostname, release, tmpdir } from "node:os";
import type { Identity } from "../identity/types.ts";
import { snapshot } from "../capture/procfs/snapshot.ts";
import { hasNoFile, processFacts, programBytes, readBounded } from "../collect/process-facts.ts";
import { redactText, TEXT_RULES } from "../collect/redact-text.ts";
import { OPEN_PASSWORD } from "../collect/seal.ts";
import { BundleWriter } from "../collect/write-bundle.ts";
import type { Diagnosis } from "../diagnosis/result.ts";
import { redactArguments, REDACTION_RULES } from "../model/redact.ts";
import type { ProcFacts } from "../model/snapshot.ts";
import type { Untrusted } from "../model/text.ts";
import { originOf } from "../origin/index.ts";
import { errnoOf, reasonOf } from "../platform/errno.ts";
import { openRoot } from "../platform/root.ts";
import { jsonReport } from "../report/json.ts";
import { safe } from "../report/text/sanitise.ts";
import { shellQuote } from "../report/text/shell-quote.ts";
import type { CollectFlags } from "./commands/collect.ts";
import { diagnoseLive } from "./diagnose-live.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { interruptSignal } from "./interrupt.ts";
import { createKeeper } from "./keeper.ts";
import { writeResult } from "./output.ts";
import { createProgress, type Progress } from "./progress.ts";

/** What a suspect's program may have, bytes: more of it is cut off. */
const LARGEST_PROGRAM = 64 << 20;
const LARGEST_TABLE = 1 << 20;
const MOST_SUSPECTS = 16;
const MOST_PROCESSES = 32;
const MOST_ORIGINS = 4;

/** `whoforks collect -o FILE`: observes, and packs what a security team asks for into one file. */
export async function collectBundle(output: string, flags: CollectFlags, version: string): Promise<ExitCode> {
  const signal = interruptSignal();
  const progress = createProgress(flags.quiet !== true);
  const password = passwordOf(flags);
  const writer = writerFor(output);
  const collecting = new Collecting(writer, { version, flags, password, signal, progress });
  try {
    await collecting.all();
    progress.clear();
    if (signal.aborted) {
      await writer.discard();
      return EXIT.interrupted;
    }
    const { size, items, sha256 } = await collecting.finish();
    writeResult(
      `${safe(output)}: ${items} items, ${(size / 1e6).toFixed(1)} MB; the manifest's sha256 is ${sha256}
to check it, here or elsewhere: ${shellQuote(["whoforks", "collect", "--verify", output])}
`,
      undefined,
    );
  } catch (error) {
    progress.clear();
    await writer.discard();
    if (errnoOf(error) === "") throw error;
    throw new Failure(
      `the bundle could not be written: ${safe(reasonOf(error))}`,
      "name a file on another disk: -o FILE",
    );
  }
  for (const { what, why } of collecting.missing)
    process.stderr.write(`whoforks: not collected: ${safe(what)}: ${safe(why)}\n`);
  return collecting.missing.length > 0 ? EXIT.inconclusive : EXIT.nothingWrong;
}

/** The first line of the file; without one the open password, which only keeps scanners away. */
export function passwordOf({ passwordFile }: Pick<CollectFlags, "passwordFile">): string {
  if (passwordFile === undefined) return OPEN_PASSWORD;
  const read = readBounded(() => fs.openSync(passwordFile, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK), 4096);
  const password = read?.bytes.toString("utf8").split("\n")[0] ?? "";
  if (password === "") throw new Failure(`no password is in ${safe(passwordFile)}`, "its first line is the password");
  return password;
}

function writerFor(output: string): BundleWriter {
  try {
    return new BundleWriter(output);
  } catch (error) {
    const taken = errnoOf(error) === "EEXIST";
    throw new Failure(
      taken ? `${safe(output)} is there already` : `cannot make ${safe(output)}: ${safe(reasonOf(error))}`,
      taken ? "name a file that is not there yet: nothing is overwritten" : "name a file that can be made",
    );
  }
}

interface Options {
  version: string;
  flags: CollectFlags;
  password: string;
  signal: AbortSignal;
  progress: Progress;
}

class Collecting {
  readonly missing: { what: string; why: string }[] = [];
  readonly #writer: BundleWriter;
  readonly #options: Options;
  #replaced = 0;

  constructor(writer: BundleWriter, options: Options) {
    this.#writer = writer;
    this.#options = options;
  }

  async all(): Promise<void> {
    const { progress, signal } = this.#options;
    const diagnosis = await this.#case();
    if (signal.aborted) return;
    const suspects = this.#suspects(diagnosis);
    progress.show("packing the suspects …");
    await this.#files(suspects);
    const living = snapshot().processes;
    await this.#processes(suspects, diagnosis, living);
    await this.#tree(living);
    await this.#configuration(diagnosis);
    for (const [at, suspect] of suspects.slice(0, MOST_ORIGINS).entries()) {
      if (signal.aborted) return;
      progress.show(`looking where ${safe(suspect.path)} came from …`);
      await this.#origin(at + 1, suspect);
    }
  }

  finish(): ReturnType<BundleWriter["finish"]> {
    const { version, flags } = this.#options;
    const sudoUser = process.env["SUDO_USER"] ?? null;
    return this.#writer.finish({
      tool: { name: "whoforks", version },
      collected: {
        at: new Date().toISOString(),
        uid: process.geteuid?.() ?? 0,
        sudoUser,
        hostname: hostname(),
        kernel: release(),
        arguments: [...redactArguments(process.argv.slice(1))],
      },
      password: flags.passwordFile === undefined ? "open" : "own",
      redaction: flags.redact ? { rules: [...REDACTION_RULES, ...TEXT_RULES], replaced: this.#replaced } : null,
      couldNotCollect: this.missing,
    });
  }

  /** A live run, kept as a case in a folder of ours until it is packed. */
  async #case(): Promise<Diagnosis> {
    const { version, flags, signal, progress } = this.#options;
    const parent = fs.mkdtempSync(`${tmpdir()}/whoforks-collect-`);
    try {
      const keeper = createKeeper(`${parent}/case`, flags.redact, flags.redact ? "without-configuration" : "whole");
      const answer = await diagnoseLive({
        version,
        seconds: flags.duration,
        source: flags.source,
        signal,
        progress,
        keeper,
      });
      for (const problem of answer.saved?.problems ?? []) this.missing.push({ what: "case", why: problem });
      const names = fs.readdirSync(`${parent}/case`, { recursive: true, encoding: "utf8" });
      for (const name of names.sort()) {
        const path = `${parent}/case/${name}`;
        if (!fs.lstatSync(path).isFile()) continue;
        await this.#writer.add({ name: `case/${name}`, kind: "case", source: null }, fs.readFileSync(path));
      }
      await this.#json("diagnosis.json", "diagnosis", null, answer.diagnosis);
      return answer.diagnosis;
    } finally {
      fs.rmSync(parent, { recursive: true, force: true });
    }
  }

  /** Programs that are not what they claim, what storms, and what was named. */
  #suspects({ identities, storms }: Diagnosis): { path: Untrusted; root: Untrusted }[] {
    const bad = (one: Identity): boolean =>
      ["impostor", "modified", "unpackaged", "deleted", "memory-only"].includes(one.verdict) ||
      storms.some(({ benign, program }) => !benign && program.exe === one.path);
    const named = this.#options.flags.also.map((path) => ({ path, root: "/" }));
    return [...identities.filter(bad).map(({ path, root }) => ({ path, root })), ...named].slice(0, MOST_SUSPECTS);
  }

  async #files(suspects: readonly { path: Untrusted; root: Untrusted }[]): Promise<void> {
    for (const [at, { path, root }] of suspects.entries()) {
      if (hasNoFile(path)) continue;
      const read = readBounded(() => openRoot(root).open(path), LARGEST_PROGRAM);
      const source = root === "/" ? path : `${root}: ${path}`;
      if (read === null)
        this.missing.push({ what: path, why: "it is not there any more, is no ordinary file, or cannot be read" });
      else await this.#sealed(`suspects/${at + 1}`, "suspect-file", source, read);
    }
  }

  /** Those who run a suspect, and who starts it; of programs without a file, what the kernel still has of them. */
  async #processes(
    suspects: readonly { path: Untrusted }[],
    { storms }: Diagnosis,
    living: ReadonlyMap<number, ProcFacts>,
  ): Promise<void> {
    const paths = new Set(suspects.map(({ path }) => path));
    const spawners = new Set(storms.filter(({ benign }) => !benign).map(({ spawner }) => spawner?.pid));
    const wanted = [...living.values()].filter(
      ({ pid, exe }) =>
        pid !== process.pid && exe !== null && (paths.has(exe) || hasNoFile(exe) || (pid > 1 && spawners.has(pid))),
    );
    if (wanted.length > MOST_PROCESSES)
      this.missing.push({ what: "processes", why: `${wanted.length - MOST_PROCESSES} more run a suspect` });
    for (const { pid, exe } of wanted.slice(0, MOST_PROCESSES)) {
      const facts = processFacts(pid, this.#options.flags.redact);
      if (facts === null) continue;
      await this.#json(`processes/${pid}.json`, "suspect-process", `/proc/${pid}`, facts);
      if (exe === null || !hasNoFile(exe)) continue;
      const read = programBytes(pid, LARGEST_PROGRAM);
      if (read === null)
        this.missing.push({ what: `/proc/${pid}/exe`, why: "the process ended, or its program cannot be read" });
      else await this.#sealed(`processes/${pid}.exe`, "suspect-process", `/proc/${pid}/exe: ${exe}`, read);
    }
  }

  async #tree(living: ReadonlyMap<number, ProcFacts>): Promise<void> {
    const { redact } = this.#options.flags;
    const processes = [...living.values()].map((facts) => {
      const argv = facts.argv === null || !redact ? facts.argv : [...redactArguments(facts.argv)];
      if (argv !== facts.argv && JSON.stringify(argv) !== JSON.stringify(facts.argv)) this.#replaced++;
      return { ...facts, argv };
    });
    await this.#json("processes/all.json", "processes", "/proc", { processes });
  }

  /** Files of the supervisors' jobs that start what storms. */
  async #configuration({ restarts, storms }: Diagnosis): Promise<void> {
    const seen = new Set<string>();
    for (const { file, storm } of restarts) {
      const root = storms.find(({ id }) => id === storm)?.program.root ?? "/";
      const key = `${root}\0${file}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const read = readBounded(() => openRoot(root).open(file), LARGEST_TABLE);
      if (read === null) {
        this.missing.push({ what: file, why: "it is not there any more, or cannot be read" });
        continue;
      }
      const { bytes, replaced } = this.#options.flags.redact
        ? redactText(read.bytes)
        : { bytes: read.bytes, replaced: 0 };
      this.#replaced += replaced;
      const note = replaced > 0 ? `secrets taken out in ${replaced} places` : undefined;
      const source = root === "/" ? file : `${root}: ${file}`;
      const item = { name: `configuration/${seen.size}`, kind: "configuration", source, cut: read.cut } as const;
      await this.#writer.add(note === undefined ? item : { ...item, note }, bytes);
    }
  }

  async #origin(number: number, { path, root }: { path: Untrusted; root: Untrusted }): Promise<void> {
    if (hasNoFile(path)) return;
    const { version } = this.#options;
    const options = { around: 600, live: root === "/", histories: false, now: Date.now(), progress: () => undefined };
    const origin = await originOf({ version, root: openRoot(root), path, ...options });
    await this.#json(`origin/${number}.json`, "origin", path, origin);
  }

  async #sealed(
    name: string,
    kind: "suspect-file" | "suspect-process",
    source: Untrusted,
    read: { bytes: Buffer; cut: boolean },
  ): Promise<void> {
    await this.#writer.addSealed(
      { name, kind, source: told(source), cut: read.cut },
      read.bytes,
      this.#options.password,
    );
  }

  async #json(
    name: string,
    kind: "diagnosis" | "suspect-process" | "processes" | "origin",
    source: Untrusted | null,
    value: unknown,
  ): Promise<void> {
    await this.#writer.add(
      { name, kind, source: source === null ? null : told(source) },
      Buffer.from(jsonReport(value)),
    );
  }
}

/** As in every JSON of ours: bytes that are not UTF-8 as base64. */
function told(text: Untrusted): string | { bytes: string } {
  return JSON.parse(jsonReport(text)) as string | { bytes: string };
}
