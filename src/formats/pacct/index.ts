import type { ContainerFormat } from "../types.ts";
import { readPacct } from "./read.ts";
import { sniffPacct } from "./sniff.ts";

/** Files of process accounting (acct(5), `accton`), versions 3 and 2 of Linux, of either byte order. */
export const pacctFormat: ContainerFormat = { id: "pacct", sniff: sniffPacct, read: readPacct };
