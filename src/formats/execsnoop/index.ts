import { sniffTable } from "../snoop/log.ts";
import type { Columns } from "../snoop/columns.ts";
import type { StreamFormat } from "../types.ts";
import { columnsOf, ExecsnoopReader } from "./reader.ts";

/** What execsnoop(8) of bcc prints, and that of libbpf-tools, with any of their options. */
export const execsnoopFormat: StreamFormat = {
  id: "execsnoop",
  sniff(head) {
    let columns: Columns | null = null;
    return sniffTable(
      head,
      (line) => {
        const found = columnsOf(line);
        columns = found ?? columns;
        return found !== null;
      },
      (bytes, from, to) => columns?.cut(bytes, from, to) === true,
    );
  },
  open: (sinkOf) => new ExecsnoopReader(sinkOf),
};
