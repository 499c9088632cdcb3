/** `whoforks collect --verify`: whether a bundle is whole. */
export const collect = {
  "collect.whole": "whole and unchanged: {count:count} {count#item|items}, each as the manifest says",
  "collect.by": "collected by {by} on {host} at {at} with whoforks {version}",
  "collect.redacted": "secrets were taken out in {count:count} {count#place|places}; the manifest has the rules",
  "collect.not-redacted": "secrets were not looked for",
  "collect.lacks": "{count:count} {count#thing|things} could not be collected; the manifest says what and why",
  "collect.item": "  {name}: {size:bytes}, sha256 {sha256}",
  "collect.fault.no-manifest": "{name} is missing, or is no manifest: nothing can be compared",
  "collect.fault.manifest-changed": "{name} was changed: its sha256 is another",
  "collect.fault.unreadable": "the file is cut off, damaged, or no bundle",
  "collect.fault.changed": "{name} was changed: its size or sha256 is not what the manifest says",
  "collect.fault.missing": "{name} is missing",
  "collect.fault.not-listed": "{name} is not in the manifest",
  "collect.fault.twice": "{name} is there twice",
  "collect.fault.no-file": "{name} is no ordinary file",
} as const;
