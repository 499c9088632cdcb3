import { sniffTable } from "../snoop/log.ts";
import type { StreamFormat } from "../types.ts";
import { BtColumns } from "./columns.ts";
import { ExecsnoopBtReader } from "./reader.ts";

/** What execsnoop.bt prints, the script that comes with bpftrace. */
export const execsnoopBtFormat: StreamFormat = {
  id: "execsnoop.bt",
  sniff: (head) => sniffTable(head, (line) => BtColumns.of(line)),
  open: (sinkOf) => new ExecsnoopBtReader(sinkOf),
};
