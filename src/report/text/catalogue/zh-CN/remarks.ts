import type { remarks as english } from "../en/remarks.ts";

export const remarks: Record<keyof typeof english, string> = {
  "tracer.lines": "{tool:words} 日志：读取 {read:count} 行，其中 {skipped:count} 行无法理解",
  "tracer.hidden": "没有一行 {tool:words} 日志显示 {calls:list}：被过滤（-e）隐藏，或者从未调用",
  "tracer.failed-forks": "{count:count} 次派生失败，其中 {limit:count} 次是因为达到上限[[（{example:words}）]]",
  "tracer.failed-execs": "{count:count} 次执行失败[[（{example:words}）]]",
  "tracer.mode-32": "{count:count} 个进程运行 32 位代码[[（{example:words}）]]",
  "tracer.spliced": "{count:count} 行被工具自己的消息打断[[（{example:words}）]]",
  "tracer.nameless-signals": "{count:count} 个 SIGCHLD 没有说明是哪个子进程结束",
  "tracer.set-back": "时钟被回拨 {seconds:seconds}",
  "tracer.summary":
    "{tool:words} -c 的统计表：调用 {calls:count} 次，其中失败 {errors:count} 次，派生 {forks:count} 次，执行 {execs:count} 次；最多的是 {top:list}",

  "audit.records": "读到的审计记录",
  "audit.fork-by-32-bit": "{count:count} 次派生来自 32 位代码：只有在那里 syscall=2 才是 fork[[（{example:words}）]]",
  "audit.syscall-2-is-open": "{count:count} 条 syscall=2 的记录属于 x86_64，在那里 2 是 open[[（{example:words}）]]",
  "audit.failed-forks": "{count:count} 次派生失败，其中 {limit:count} 次是因为达到上限[[（{example:words}）]]",
  "audit.failed-execs": "{count:count} 次执行失败[[（{example:words}）]]",
  "audit.lost": "内核丢失了 {lost:count} 条审计记录[[（{example:words}）]]",
  "audit.serial-gaps": "缺少 {gaps:count} 个序号：已丢失，或被过滤规则排除",
  "audit.late-records":
    "{records:count} 条记录晚于所属事件，{events:count} 个事件次序颠倒[[；时钟被回拨 {setBackSeconds:seconds}]]",
  "audit.orphan-records": "{count:count} 个事件缺少 SYSCALL 记录[[（{example:words}）]]",
  "audit.incomplete-execs": "{count:count} 次执行缺少部分参数[[（{example:words}）]]",
  "audit.clone3-unclear": "{count:count} 次 clone3 调用，无法分辨创建的是进程还是线程[[（{example:words}）]]",
  "audit.no-process-records": "日志中没有任何进程的记录",
  "audit.several-hosts": "一份日志中有多台主机的记录：{hosts:list}",
  "audit.switched-off": "审计曾被关闭[[（{example:words}）]]",
  "audit.cron-sessions": "cron 打开了 {count:count} 个会话[[（{example:words}）]]",
  "audit.kills": "{count:count} 次 kill 调用，第一次由 {comm} 发出[[（{example:words}）]]",
};
