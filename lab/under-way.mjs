/** What must be undone before this process ends, the newest last. Each is a synchronous function that may run twice. */
export const underWay = new Set();

/** Undoes everything, the newest first. For signal handlers; an ordinary exit or a crash does it by itself. */
export function stopAll() {
  for (const stop of [...underWay].reverse()) stop();
}

process.on("exit", stopAll);
