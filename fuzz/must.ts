/** What has to hold whatever the input is. */
export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}
