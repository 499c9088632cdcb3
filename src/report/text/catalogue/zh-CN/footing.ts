/** 本工具与主机自身工具的可靠性。 */
export const footing = {
  "footing.title": "以下结果可能有误：所依据的基础不可靠",
  "footing.title-minor": "所依据的基础",
  "footing.own": "{path}[[，属于软件包 {package}]][[，不属于任何软件包：sha256 {sha256:words}]]",
  "footing.own-altered": "本工具自身运行于 {path}：{verdict:words}[[，软件包 {package}]]",
  "footing.own-preload": "本进程中设置了 {variable:words}：{libraries:list}",
  "footing.own-code": "本进程中运行着不属于任何软件包的文件的代码：{libraries:list}",
  "footing.preload": "{file} 向每个程序载入：{libraries:list}",
  "footing.preload-unowned": "{file} 向每个程序载入不属于任何软件包的库：{libraries:list}",
  "footing.preload-strange": "{file} 存在，但不是普通文件",
  "footing.kernel-tainted": "内核已被污染：{flags:words}[[，来自 {modules:list}]]",
  "footing.taint-without-module": "内核已被污染（{flags:words}），而相应模块不在其列表中：已被卸载，或在隐藏",
  "footing.database-younger":
    "软件包数据库中有 {count:count} 个文件在 {manager:words} 最后一次操作（{logged:time} UTC）之后被更改，最近的是 {file}（{changed:time} UTC）：软件包的记录可能被改写",
  "footing.tool-altered": "{path} 与软件包所发布的不符或不属于任何软件包（{verdict:words}）：不要相信它显示的内容",
  "footing.tool-local": "{path} 是没有软件包负责的本地软件，可以任意显示内容",
  "footing.tool-doubtful": "{path} 与软件包所发布的一致，但仍有可疑之处",
  "couldnot.footing.no-database": "{what:words}：{why:words}",
  "couldnot.footing.tool-unverifiable": "{what}：{why:words}",
  "couldnot.footing.unreadable": "{what}：{why:words}",
  "couldnot.footing.no-package-log": "软件包数据库是否晚于最后一次操作：{what} 没有记录",
  "couldnot.footing.copied-database": "软件包数据库是否被更改：{what} 整体晚于日志，如同副本",
  "couldnot.footing.no-lists": "软件包数据库是否被更改：{what} 中没有文件列表",
  "couldnot.footing.single-file": "软件包数据库是否被更改：{what} 是单个文件，旁边没有 apk 会同时写入的其他文件",
  "couldnot.footing.rpm-unrecorded":
    "软件包数据库是否被 rpm 以外的程序更改：{what} 在最后一次有记录的安装之后 {seconds:seconds} 被更改；rpm --erase、--rebuilddb、--import 或复制系统也会如此，且不留记录",
} as const;
