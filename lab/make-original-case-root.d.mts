/** Fills an empty folder with the file system of the original case's host. Paths are inside that root. */
export function makeOriginalCaseRoot(root: string): {
  root: string;
  impostor: string;
  genuine: string;
  job: string;
  searchPath: string[];
};

export const UPSTART_PATH: string[];
