/** How a process ended, from the status word of wait(2). */
export function endOf(status: number): { code: number | null; signal: number | null } {
  const signal = status & 0x7f;
  return signal === 0 ? { code: (status >>> 8) & 0xff, signal: null } : { code: null, signal };
}
