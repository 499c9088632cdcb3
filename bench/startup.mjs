// Start-up: `whoforks --version` beside `node -e 0`.
import { fileURLToPath } from "node:url";
import { pairs } from "./pairs.mjs";

const BIN = fileURLToPath(new URL("../bin/whoforks", import.meta.url));

export function startup() {
  const { a, b, ratio } = pairs([process.execPath, "-e", "0"], [process.execPath, BIN, "--version"], 25);
  return [
    {
      what: "--version",
      ours: `${b.toFixed(0)} ms`,
      rival: `node -e 0: ${a.toFixed(0)} ms`,
      ratio: `${ratio.toFixed(2)} × its time`,
      hold: "≤ 1.5 ×",
      held: ratio <= 1.5,
    },
  ];
}
