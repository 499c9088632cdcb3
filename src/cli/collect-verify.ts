import { readBundle } from "../collect/read-bundle.ts";
import { unseal } from "../collect/seal.ts";
import { errnoOf, reasonOf } from "../platform/errno.ts";
import { say } from "../report/text/catalogue/index.ts";
import { safe } from "../report/text/sanitise.ts";
import { openSheet } from "../report/screen.ts";
import { collectBundle, passwordOf } from "./collect.ts";
import type { CollectFlags } from "./commands/collect.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { needRoot } from "./journal-failure.ts";
import { writeResult } from "./output.ts";
import { reportOptions } from "./terminal.ts";
import * as fs from "node:fs";

/** `whoforks collect`: makes a bundle, checks one, or takes one sealed file out of it. */
export async function collectCommand(flags: CollectFlags, version: string): Promise<ExitCode> {
  if (flags.verify === undefined) {
    if (flags.output === undefined)
      throw new Failure("name the bundle to be made", "sudo whoforks collect -o web1.bundle.tar.gz");
    needRoot("collect");
    return collectBundle(flags.output, flags, version);
  }
  return verify(flags.verify, flags);
}

async function verify(path: string, flags: CollectFlags): Promise<ExitCode> {
  const { manifest, faults, taken } = await read(path, flags.unseal ?? null);
  const { voice } = openSheet(reportOptions({ ...flags, color: false }));
  const lines = faults.map(({ code, name }) => say(voice, `collect.fault.${code}`, { name }));
  if (flags.unseal !== undefined && faults.length === 0) {
    if (taken === null)
      throw new Failure(
        `${safe(flags.unseal)} is not in it`,
        `whoforks collect --verify ${safe(path)} -v lists what is`,
      );
    return unsealed(taken, flags.unseal, flags);
  }
  if (manifest !== null && faults.length === 0) {
    const { collected, items, tool, redaction, couldNotCollect } = manifest;
    const by = typeof collected.sudoUser === "string" ? collected.sudoUser : String(collected.uid);
    const host = typeof collected.hostname === "string" ? collected.hostname : "?";
    lines.push(say(voice, "collect.whole", { count: items.length }));
    lines.push(say(voice, "collect.by", { by, host, at: collected.at, version: tool.version }));
    lines.push(
      say(voice, redaction === null ? "collect.not-redacted" : "collect.redacted", { count: redaction?.replaced ?? 0 }),
    );
    if (couldNotCollect.length > 0) lines.push(say(voice, "collect.lacks", { count: couldNotCollect.length }));
    if (flags.verbose === true)
      for (const { name, size, sha256 } of items) lines.push(say(voice, "collect.item", { name, size, sha256 }));
  }
  writeResult(`${lines.join("\n")}\n`, undefined);
  return faults.length === 0 ? EXIT.nothingWrong : EXIT.problemFound;
}

/** Writes what a sealed file holds: mode 0600, without a right to execute, never over another file. */
function unsealed(sealed: Buffer, name: string, flags: CollectFlags): ExitCode {
  if (flags.output === undefined) throw new Failure("say where to write it: -o FILE");
  const content = unseal(sealed, passwordOf(flags));
  if (content === null)
    throw new Failure(
      `${safe(name)} does not open: it is not sealed, or the password is another`,
      "--password-file FILE",
    );
  try {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
    const fd = fs.openSync(flags.output, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      fs.writeFileSync(fd, content);
    } finally {
      fs.closeSync(fd);
    }
  } catch (error) {
    throw new Failure(`cannot write ${safe(flags.output)}: ${safe(reasonOf(error))}`);
  }
  return EXIT.nothingWrong;
}

async function read(path: string, take: string | null): ReturnType<typeof readBundle> {
  try {
    return await readBundle(path, take);
  } catch (error) {
    if (errnoOf(error) === "") throw error;
    throw new Failure(`cannot read ${safe(path)}: ${safe(reasonOf(error))}`);
  }
}
