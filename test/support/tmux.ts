import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A real terminal emulator with a shell in it, on a server of its own. */
export class Tmux {
  readonly #folder = mkdtempSync(join(tmpdir(), "whoforks-tmux-"));

  constructor(columns: number, rows: number, env: Record<string, string> = {}) {
    const given = Object.entries({ LANG: "C.UTF-8", ...env });
    const settings = given.flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    this.#run(["-f", "/dev/null", "new-session", "-d", "-x", `${columns}`, "-y", `${rows}`, ...settings, "/bin/sh"]);
    this.#run(["set-option", "-g", "escape-time", "0"]);
  }

  /** Types text, or a key by tmux's name for it (`Enter`, `Escape`, `C-c`). */
  type(...keys: string[]): void {
    this.#run(["send-keys", ...keys]);
  }

  resize(columns: number, rows: number): void {
    this.#run(["resize-window", "-x", `${columns}`, "-y", `${rows}`]);
  }

  screen(): string {
    return this.#run(["capture-pane", "-p"]);
  }

  /** Whether another screen than the shell's is shown, and whether there is a cursor. */
  state(): { alternate: boolean; cursor: boolean } {
    const [alternate, cursor] = this.#run(["display-message", "-p", "#{alternate_on} #{cursor_flag}"])
      .trim()
      .split(" ");
    return { alternate: alternate === "1", cursor: cursor === "1" };
  }

  /** Waits until the screen holds `pattern` and returns it. Throws with the screen when that does not come. */
  async until(pattern: RegExp, seconds = 20): Promise<string> {
    for (let round = 0; round < seconds * 10; round++) {
      const screen = this.screen();
      if (pattern.test(screen)) return screen;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`no ${pattern} on the screen:\n${this.screen()}`);
  }

  stop(): void {
    spawnSync("tmux", ["-S", join(this.#folder, "socket"), "kill-server"]);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #run(args: readonly string[]): string {
    const { status, stdout, stderr, error } = spawnSync("tmux", ["-S", join(this.#folder, "socket"), ...args], {
      encoding: "utf8",
    });
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(`tmux ${args.join(" ")}: ${stderr}`);
    return stdout;
  }
}
