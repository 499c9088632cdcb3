import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";

/**
 * Runs a command that prints to a file what it sees, and a storm beside it; ends it by SIGINT.
 * @param isReady by what it has printed so far
 */
export async function besideTool(
  file: string,
  command: readonly string[],
  storm: () => Promise<void>,
  isReady: (text: string) => boolean,
  env: NodeJS.ProcessEnv = {},
): Promise<void> {
  const out = openSync(file, "w");
  const [program, ...args] = command;
  const child = spawn(program as string, args, { stdio: ["ignore", out, out], env: { ...process.env, ...env } });
  closeSync(out);
  const closed = once(child, "close");
  try {
    for (let i = 0; i < 400 && !isReady(readFileSync(file, "latin1")) && child.exitCode === null; i++)
      await setTimeout(50);
    await storm();
    await setTimeout(1000);
  } finally {
    child.kill("SIGINT");
    await closed;
  }
}

/**
 * In a mount namespace of its own with debugfs, where tools of libbpf look for the events of the kernel. The program replaces the
 * shells, so that the signal meets it.
 */
export function withDebugfs(program: string, ...args: string[]): string[] {
  const script = 'mount -t debugfs whoforks /sys/kernel/debug && exec "$@"';
  return ["/usr/bin/unshare", "-m", "/bin/sh", "-c", script, "sh", program, ...args];
}

/** Leaves of a log the header and what is about the storm: a busy host executes more than a small storm does. */
export function keepLines(file: string, about: RegExp): void {
  const lines = readFileSync(file, "latin1").split(/(?<=\n)/);
  writeFileSync(file, lines.filter((line) => /\bPID\b/.test(line) || about.test(line)).join(""), "latin1");
}
