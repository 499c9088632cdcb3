import type { Diagnosis } from "../diagnosis/result.ts";
import type { Progress } from "./progress.ts";

export interface FileOptions {
  version: string;
  from: readonly string[];
  root: string | null;
  signal: AbortSignal;
  progress: Progress;
}

export async function diagnoseFiles(options: FileOptions): Promise<{ diagnosis: Diagnosis; interrupted: boolean }> {
  throw new Error(`not yet: ${options.from.length}`);
}
