import type { sources as english } from "../en/sources.ts";

export const sources: Record<keyof typeof english, string> = {
  "couldnot.audit.silent": "审计记录：内核没有回应（{why:words}）",
  "couldnot.audit.locked": "审计记录：审计已锁定（-e 2），重新启动之前不能修改规则（{why:words}）",
  "couldnot.audit.no-control": "审计记录：没有加载规则的权限（{why:words}）",
  "couldnot.audit.no-read": "审计记录：没有读取记录的权限（{why:words}）",
  "couldnot.audit.no-root": "审计记录：需要 root 权限（{why:words}）",
  "couldnot.audit.no-koffi": "审计记录：需要 koffi（{why:words}）",
  "couldnot.audit.machine": "审计记录：不了解这种机器的系统调用编号（{why:words}）",
  "couldnot.audit.big-endian": "审计记录：不支持大端机器（{why:words}）",
  "couldnot.audit.namespace": "审计记录：不在初始网络命名空间中（{why:words}）",
  "couldnot.audit.missing": "审计记录：内核没有提供（{why:words}）",
  "couldnot.audit.failed": "审计记录：无法启用（{why:words}）",
  "couldnot.audit.never-rules":
    "被本机规则排除在审计之外的调用：本机有 never 规则排在前面（{what:words}: {why:words}）",
  "couldnot.audit.rate-limit": "超出本机上限的审计记录：本机限制了每秒的记录数（{what:words}: {why:words}）",
  "couldnot.audit.older-processes":
    "早已存在的进程的调用：审计原先关闭，内核不记录首次开启之前的进程（{what:words}: {why:words}）",
  "couldnot.audit.no-signal-deaths": "被信号杀死的进程怎样结束：它们没有退出调用（{what:words}: {why:words}）",
  "couldnot.audit.bounded": "审计时段之后发生的事：审计记录会拖慢派生，时间有上限（{what:words}: {why:words}）",
  "couldnot.proc.missed":
    "存活太短、/proc 来不及看到的进程：时段内创建了 {forks:count} 个任务，只看到 {seen:count} 个（漏掉 {missed:percent}）",
  "couldnot.procfs.hidepid": "其他用户的进程：/proc 的挂载选项 hidepid 将其隐藏（{what:words}: {why:words}）",
  "couldnot.case.damaged-part": "案例的一部分：已损坏（{what:words}: {why:words}）",
  "couldnot.case.incomplete": "记录期间的全部情况：案例不完整（{what:words}: {why:words}）",
  "couldnot.input.missing": "{what}：没有这个文件",
  "couldnot.input.unreadable": "{what}：无法读取（{why:words}）",
  "couldnot.input.empty": "{what}：文件为空",
  "couldnot.input.unrecognised": "{what}：无法识别格式",
  "couldnot.input.special": "{what}：不是普通文件",
  "couldnot.input.terminal": "{what}：标准输入是终端",
  "couldnot.input.compressed": "{what}：压缩格式不能读取（{why:words}）",
  "couldnot.input.damaged": "{what}：文件已损坏（{why:words}）",
};
