/** One line on standard error that is rewritten while work goes on; nothing when that is no terminal. */
export interface Progress {
  show(text: string): void;
  clear(): void;
}

/** `text` must be made of the tool's own words and numbers: it is written as it is. */
export function createProgress(enabled: boolean): Progress {
  const visible = enabled && process.stderr.isTTY;
  let shown = false;
  return {
    show(text) {
      if (!visible) return;
      shown = true;
      process.stderr.write(`\r\u001b[K${text}`);
    },
    clear() {
      if (shown) process.stderr.write("\r\u001b[K");
      shown = false;
    },
  };
}
