import type { formatGaps as English } from "../en/format-gaps.ts";

/** 各种日志格式无法说明的内容；较早的格式见 gaps.ts。 */
export const formatGaps: Record<keyof typeof English, string> = {
  "couldnot.identity.task-name-only": "程序文件：证据中只有任务名，没有文件（{what:words}）",
  "couldnot.pacct.no-files": "执行了哪些文件：进程记账的记录只有名称的前 15 个字节，没有路径",
  "couldnot.pacct.no-argv": "程序以哪些参数执行：进程记账不记录参数",
  "couldnot.pacct.cpu-in-ticks":
    "风暴用掉多少 CPU：记账会舍去每个进程不足 10 毫秒的部分，{ended:count} 个进程中有 {without:count} 个短到记为零（合计 {ticks:count} 个 10 毫秒）",
  "couldnot.pacct.v2-lineage": "谁派生了谁：版本 2 的记录没有 PID",
  "couldnot.pacct.v2-reaper": "谁接收已死的进程：版本 2 的记录没有 PID",
  "couldnot.pacct.none-reaped": "谁接收已死的进程：没有一条记录给出父进程",
  "couldnot.pacct.orphans":
    "谁派生了孤儿进程：记录给出的是进程结束时的父进程；{orphans:count} 个中有 {inferred:count} 个按名称和编号与其父进程对应",
  "couldnot.pacct.living-parents":
    "谁在不执行程序的情况下派生：有 {count:count} 个进程的父进程还没有记录，无法说明是它派生的还是接收的",
  "couldnot.kernel-events.no-cpu": "风暴用掉多少 CPU：不从跟踪文本计算",
  "couldnot.kernel-events.no-argv": "程序以哪些参数执行：内核事件都不记录参数",
  "couldnot.kernel-events.no-programs": "执行了哪些程序：没有相应的行（{why:words}）",
  "couldnot.kernel-events.no-forks": "谁派生了谁：没有相应的行（{why:words}）",
  "couldnot.kernel-events.no-reaper": "谁接收已死的进程：没有相应的行（{why:words}）",
  "couldnot.kernel-events.no-exit-status": "程序怎样结束：没有相应的行，无法区分崩溃与正常结束（{why:words}）",
  "couldnot.kernel-events.no-exits": "进程存活多久：没有相应的行（{why:words}）",
  "couldnot.forkstat.no-files": "执行了哪些文件：forkstat 打印的是参数 0，由进程自己决定",
  "couldnot.forkstat.no-argv": "程序以哪些参数执行：forkstat 用空格连接参数，无法分开",
  "couldnot.forkstat.no-forks": "谁派生了谁：没有派生的行（{why:words}）",
  "couldnot.forkstat.no-reaper": "谁接收已死的进程：forkstat 不打印",
  "couldnot.forkstat.no-exits": "进程怎样结束、存活多久：没有退出的行（{what:words}: {why:words}）",
  "couldnot.forkstat.no-cpu": "风暴用掉多少 CPU：forkstat 不打印 CPU 时间",
  "couldnot.forkstat.nameless": "某些进程的名称：有 {lines:count} 行，进程在 forkstat 读取名称之前就已消失",
  "couldnot.execsnoop.no-argv": "程序以哪些参数执行：没有 -q 时，execsnoop 用空格连接参数，无法分开",
  "couldnot.execsnoop.no-forks": "谁只派生而不执行程序：execsnoop 只打印谁执行了程序，不打印其他派生",
  "couldnot.execsnoop.no-parents": "谁派生了谁：execsnoop 没有一行给出父进程",
  "couldnot.execsnoop.no-reaper": "谁接收已死的进程：execsnoop 只打印执行，不打印结束",
  "couldnot.execsnoop.no-exits": "进程怎样结束、存活多久：execsnoop 只打印执行，不打印结束（{what:words}）",
  "couldnot.execsnoop.no-cpu": "风暴用掉多少 CPU：execsnoop 不打印 CPU 时间",
  "couldnot.execsnoop.bt.no-files":
    "执行了哪些文件：execsnoop.bt 在执行之前打印参数 0，它由进程自己决定；失败的执行看上去也一样",
  "couldnot.execsnoop.bt.no-argv": "程序以哪些参数执行：execsnoop.bt 用空格连接参数，无法分开",
  "couldnot.execsnoop.bt.no-forks": "谁只派生而不执行程序：execsnoop.bt 只打印谁执行程序，不打印派生",
  "couldnot.execsnoop.bt.no-parents": "谁启动了什么：这一版 execsnoop.bt 不打印父进程",
  "couldnot.execsnoop.bt.no-reaper": "谁接收已死的进程：execsnoop.bt 只打印执行，不打印结束",
  "couldnot.execsnoop.bt.no-exits": "进程怎样结束、存活多久：execsnoop.bt 只打印执行，不打印结束（{what:words}）",
  "couldnot.execsnoop.bt.no-cpu": "风暴用掉多少 CPU：execsnoop.bt 不打印 CPU 时间",
  "couldnot.exitsnoop.no-files": "执行了哪些文件：exitsnoop 只打印任务名，不打印文件",
  "couldnot.exitsnoop.no-argv": "程序以哪些参数执行：exitsnoop 不打印参数",
  "couldnot.exitsnoop.parent-at-end":
    "谁派生了谁：exitsnoop 打印的是进程结束时的父进程；孤儿进程的父进程是接收它的进程",
  "couldnot.exitsnoop.no-ends": "没有进程结束的行（{what:words}: {why:words}）",
  "couldnot.exitsnoop.no-times": "进程存活多久、多久发生一次：没有 -t 时，行没有时间（{why:words}）",
  "couldnot.exitsnoop.no-cpu": "风暴用掉多少 CPU：exitsnoop 不打印 CPU 时间",
  "couldnot.exitsnoop.only-failures": "哪些进程正常结束：没有一行的退出状态是 0；可能确实没有，也可能被 -x 隐藏",
  "couldnot.execsnoop.no-times": "多久发生一次：没有 -t 或 -T 时，execsnoop 的行没有时间",
};
