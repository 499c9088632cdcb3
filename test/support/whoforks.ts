import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { diagnosis as schema } from "../../src/diagnosis/schema.ts";
import type { Diagnosis } from "../../src/diagnosis/result.ts";

const BIN = fileURLToPath(new URL("../../bin/whoforks", import.meta.url));

export interface Run {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: NodeJS.ProcessEnv;
  input?: string | Buffer;
  uid?: number;
  /** Called with the running process, e.g. to interrupt it. */
  during?: (child: ReturnType<typeof spawn>) => void;
}

/** Runs the built program as a user would. `npm run build` must have been run; `npm test` does. */
export function whoforks(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, ...args], {
      env: { ...process.env, LANG: "C.UTF-8", LC_ALL: "", ...options.env },
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
    child.on("error", reject);
    child.on("close", (exitCode) =>
      resolve({ exitCode, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    );
    options.during?.(child);
  });
}

/** Runs `diagnose --json` and checks the answer against its schema. */
export async function diagnosed(
  args: readonly string[],
  options: RunOptions = {},
): Promise<{ exitCode: number | null; result: Diagnosis }> {
  const { exitCode, stdout, stderr } = await whoforks(["diagnose", "--json", ...args], options);
  let json: unknown;
  try {
    json = JSON.parse(stdout);
  } catch {
    throw new Error(`no JSON (exit ${exitCode}): ${stdout.slice(0, 500)}\n${stderr.slice(0, 2000)}`);
  }
  const checked = schema.safeParse(json);
  if (!checked.success)
    throw new Error(`the result does not fit its schema: ${checked.error.message}\n${stdout.slice(0, 4000)}`);
  return { exitCode, result: json as Diagnosis };
}
