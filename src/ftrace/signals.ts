/** Numbers of include/uapi/asm-generic/signal.h, which all machines but alpha, mips, parisc and sparc use. */
export const SIGCHLD = 17;
/** SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH: their default does not end a process (signal(7)). */
export const HARMLESS: readonly number[] = [SIGCHLD, 18, 19, 20, 21, 22, 23, 28];

/** Whether the default of a signal ends a process. */
export function isDeadly(signal: number): boolean {
  return signal > 0 && !HARMLESS.includes(signal);
}
