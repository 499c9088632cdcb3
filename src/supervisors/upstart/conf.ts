import type { Untrusted } from "../../model/text.ts";
import { SyntaxProblem, TokenReader } from "./tokens.ts";

/** Where a setting was made. */
export interface Place {
  file: Untrusted;
  line: number;
}

/** What a job's `.conf` says, with its `.override` applied over it (later stanzas win). */
export interface UpstartConf {
  /** `exec` or `script` of the main process; the later one of the two counts. */
  main: (Place & { command: Untrusted; script: boolean }) | null;
  respawn: Place | null;
  /** `respawn limit STARTS SECONDS`; a 0 in either or `unlimited` switches it off (`job_process_catch_runaway`). */
  limit: { starts: number; seconds: number; written: boolean };
  /** Arguments of `normal exit`: statuses and signal names. */
  normalExit: Untrusted[];
  task: boolean;
  /** No `start on`, or `manual` after it: started by hand only. */
  manual: boolean;
  expects: string | null;
  env: Untrusted[];
  chroot: Untrusted | null;
  user: Untrusted | null;
}

/** RESPAWN limits of upstart's init/job_class.h: JOB_DEFAULT_RESPAWN_LIMIT 10, JOB_DEFAULT_RESPAWN_INTERVAL 5. */
const DEFAULT_LIMIT = { starts: 10, seconds: 5, written: false };

export function emptyConf(): UpstartConf {
  return {
    main: null,
    respawn: null,
    limit: { ...DEFAULT_LIMIT },
    normalExit: [],
    task: false,
    manual: true,
    expects: null,
    env: [],
    chroot: null,
    user: null,
  };
}

/**
 * Applies the stanzas of one file to `conf`. Returns null, or where and why upstart refuses the file; what stood before
 * that place is applied.
 */
export function applyConf(conf: UpstartConf, text: Untrusted, file: Untrusted): { line: number; why: string } | null {
  const reader = new TokenReader(text);
  let line = 1;
  try {
    while (!reader.atEnd) {
      reader.skipBlanks();
      line = reader.line;
      if (!reader.hasToken()) reader.skipLine();
      else stanza(conf, reader, { file, line });
    }
    return null;
  } catch (error) {
    if (error instanceof SyntaxProblem) return { line, why: error.message };
    throw error;
  }
}

function stanza(conf: UpstartConf, reader: TokenReader, place: Place): void {
  const name = reader.argument();
  switch (name) {
    case "exec":
      conf.main = { ...place, command: reader.command(), script: false };
      return;
    case "script":
      reader.endOfLine();
      conf.main = { ...place, command: reader.block("script"), script: true };
      return;
    case "pre-start":
    case "post-start":
    case "pre-stop":
    case "post-stop":
      otherProcess(reader);
      return;
    case "start":
    case "stop":
      if (reader.argument() !== "on") throw new SyntaxProblem(`"${name}" without "on"`);
      eventExpression(reader);
      if (name === "start") conf.manual = false;
      return;
    case "respawn":
      respawn(conf, reader, place);
      return;
    case "manual":
      conf.manual = true;
      reader.endOfLine();
      return;
    case "task":
      conf.task = true;
      reader.endOfLine();
      return;
    case "normal":
      if (reader.argument() !== "exit") throw new SyntaxProblem('"normal" without "exit"');
      conf.normalExit.push(reader.argument(), ...argumentsToEnd(reader));
      return;
    case "expect":
      conf.expects = oneOf(reader, ["none", "stop", "daemon", "fork"]);
      if (conf.expects === "none") conf.expects = null;
      return;
    case "env":
      conf.env.push(single(reader));
      return;
    case "chroot":
      conf.chroot = single(reader);
      return;
    case "setuid":
      conf.user = single(reader);
      return;
    default:
      if (!OTHER_STANZAS.has(name)) throw new SyntaxProblem("unknown stanza");
      argumentsToEnd(reader);
  }
}

/** Stanzas of init(5) up to 1.13 that do not matter for what is started and started again. */
const OTHER_STANZAS = new Set(
  "instance description author version export emits kill console umask nice oom limit chdir setgid debug usage reload cgroup apparmor".split(
    " ",
  ),
);

function respawn(conf: UpstartConf, reader: TokenReader, place: Place): void {
  if (!reader.hasToken()) {
    conf.respawn = place;
    reader.skipLine();
    return;
  }
  if (reader.argument() !== "limit") throw new SyntaxProblem('"respawn" takes nothing or "limit"');
  const first = reader.argument();
  if (first === "unlimited") conf.limit = { starts: 0, seconds: 0, written: true };
  else conf.limit = { starts: count(first), seconds: count(reader.argument()), written: true };
  reader.endOfLine();
}

function count(word: Untrusted): number {
  if (!/^\+?\d{1,10}$/.test(word) || Number(word) > 0x7fffffff) throw new SyntaxProblem("illegal limit or interval");
  return Number(word);
}

function otherProcess(reader: TokenReader): void {
  const kind = reader.argument();
  if (kind === "exec") reader.command();
  else if (kind === "script") {
    reader.endOfLine();
    reader.block("script");
  } else throw new SyntaxProblem('expected "exec" or "script"');
}

/** `start on (a and b\n or c)`: goes on over lines while a parenthesis is open. */
function eventExpression(reader: TokenReader): void {
  if (!reader.hasToken()) throw new SyntaxProblem("expected an event");
  let depth = 0;
  do {
    reader.skipBlanks();
    while (reader.hasToken()) {
      const c = reader.text[reader.pos];
      if (c === "(" || c === ")") {
        depth += c === "(" ? 1 : -1;
        if (depth < 0) throw new SyntaxProblem("mismatched parentheses");
        reader.pos++;
        reader.skipBlanks();
      } else reader.argument("()");
    }
    reader.skipLine();
  } while (depth > 0 && !reader.atEnd);
  if (depth > 0) throw new SyntaxProblem("mismatched parentheses");
}

function argumentsToEnd(reader: TokenReader): Untrusted[] {
  const found: Untrusted[] = [];
  while (reader.hasToken()) found.push(reader.argument());
  reader.skipLine();
  return found;
}

function single(reader: TokenReader): Untrusted {
  const value = reader.argument();
  reader.endOfLine();
  return value;
}

function oneOf(reader: TokenReader, allowed: readonly string[]): string {
  const value = single(reader);
  if (!allowed.includes(value)) throw new SyntaxProblem(`expected one of ${allowed.join(", ")}`);
  return value;
}
