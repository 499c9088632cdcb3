import { EXIT, type ExitCode } from "./exit-code.ts";

/** Something that ends the run with a message for the user: what is wrong, what to do, and the exit code. */
export class Failure extends Error {
  readonly exitCode: ExitCode;
  readonly remedy: string | null;

  constructor(message: string, remedy: string | null = null, exitCode: ExitCode = EXIT.usage) {
    super(message);
    this.name = "Failure";
    this.remedy = remedy;
    this.exitCode = exitCode;
  }
}
