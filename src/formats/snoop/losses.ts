const LOST = /^(?:Possibly lost|Lost|lost) (\d{1,9}) (?:samples|events)\b/;

/**
 * How many events a line says are lost, or null. bcc prints `Possibly lost 12 samples`, libbpf-tools `Lost 12 events on CPU #1!`
 * to standard error, which may stand in the same file; bpftrace `Lost 12 events`.
 */
export function lossIn(line: string): number | null {
  const found = LOST.exec(line);
  return found === null ? null : Number(found[1]);
}
