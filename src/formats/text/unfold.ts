/** Reads a generated table `0:read write open|334:rseq`: runs of names, each after the number of its first. */
export function unfold(text: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const run of text.split("|")) {
    const colon = run.indexOf(":");
    let number = Number(run.slice(0, colon));
    for (const name of run.slice(colon + 1).split(" ")) names.set(number++, name);
  }
  return names;
}
