import { isTraceDat } from "../../ftrace/trace-dat/open.ts";
import type { ContainerFormat } from "../types.ts";
import { readTraceDat } from "./read.ts";

/** The file of trace-cmd record, versions 6 and 7 (trace-cmd.dat.v6(5), trace-cmd.dat.v7(5)), packed or not. */
export const traceDatFormat: ContainerFormat = {
  id: "trace-dat",
  sniff: (head) => (isTraceDat(head) ? 1 : 0),
  read: readTraceDat,
};
