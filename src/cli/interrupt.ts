/**
 * Ctrl-C and termination as an AbortSignal, so that work in progress ends in order and undoes what it did. A second
 * Ctrl-C is not waited for: what is left behind then is cleared by the next start.
 */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  process.on("SIGHUP", stop);
  return controller.signal;
}
