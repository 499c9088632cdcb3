/** What every scenario takes, with the highest value the lab allows. Times in seconds. */
export const OPTIONS = {
  seconds: { fallback: 10, max: 120, about: "how long the storm may last" },
  delay: { fallback: 0, max: 60, about: "seconds before the storm begins" },
  count: { fallback: 2_000_000, max: 4_000_000, about: "forks the storm program makes at the most" },
  pids: { fallback: 200, max: 2000, about: "processes alive at the most (pids cgroup)" },
  rate: { fallback: 0, max: 50_000, about: "forks a second; 0 = as fast as it goes (chains)" },
  nice: { fallback: 0, max: 19, about: "niceness of everything inside" },
  chains: { fallback: 1, max: 10, about: "starts of the impostor that become a chain; further ones end at once" },
  interval: {
    fallback: 5,
    max: 1000,
    about: "ms between death and next start (respawn-loop, crash-loop), or between tries (fork-bomb)",
  },
  lifetime: { fallback: 1000, max: 10_000, about: "ms that a member of the fork bomb lives" },
  files: { fallback: 1500, max: 5000, about: "C files of the build" },
};

/**
 * Fills in and checks the options of a scenario.
 * @param given numbers by name; unknown names and values out of range are refused
 * @param defaults the scenario's own defaults
 */
export function settle(given = {}, defaults = {}) {
  const settled = {};
  for (const [name, { fallback }] of Object.entries(OPTIONS)) settled[name] = defaults[name] ?? fallback;
  for (const [name, value] of Object.entries(given)) {
    const option = OPTIONS[name];
    if (option === undefined)
      throw new RangeError(`lab: no option ${name}; there are ${Object.keys(OPTIONS).join(", ")}`);
    if (value === undefined) continue;
    if (typeof value !== "number" || !(value >= 0 && value <= option.max)) {
      throw new RangeError(`lab: ${name} must be a number from 0 to ${option.max}`);
    }
    settled[name] = value;
  }
  return settled;
}
