const COMMON = `format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
	field:unsigned char common_preempt_count;	offset:3;	size:1;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;

`;

/** Declaration, offset and size of a field. */
type Field = [declaration: string, offset: number, size: number];

function format(name: string, id: number, fields: Field[]): string {
  const lines = fields.map(
    ([declaration, offset, size]) => `\tfield:${declaration};\toffset:${offset};\tsize:${size};\tsigned:1;\n`,
  );
  return `name: ${name}\nID: ${id}\n${COMMON}${lines.join("")}\nprint fmt: "…"\n`;
}

/** sched_process_fork as kernels up to 5.10 and as 6.18 print it. */
export const FORK_5 = format("sched_process_fork", 60, [
  ["char parent_comm[16]", 8, 16],
  ["pid_t parent_pid", 24, 4],
  ["char child_comm[16]", 28, 16],
  ["pid_t child_pid", 44, 4],
]);
export const FORK_6 = format("sched_process_fork", 366, [
  ["__data_loc char[] parent_comm", 8, 4],
  ["pid_t parent_pid", 12, 4],
  ["__data_loc char[] child_comm", 16, 4],
  ["pid_t child_pid", 20, 4],
]);
export const NEWTASK = format("task_newtask", 205, [
  ["pid_t pid", 8, 4],
  ["char comm[16]", 12, 16],
  ["u64 clone_flags", 32, 8],
  ["short oom_score_adj", 40, 2],
]);
export const EXEC = format("sched_process_exec", 365, [
  ["__data_loc char[] filename", 8, 4],
  ["pid_t pid", 12, 4],
  ["pid_t old_pid", 16, 4],
]);
export const EXIT = format("sched_process_exit", 369, [
  ["char comm[16]", 8, 16],
  ["pid_t pid", 24, 4],
  ["int prio", 28, 4],
  ["bool group_dead", 32, 1],
]);
/** Before 6.16 nothing tells whether it was the last thread. */
export const EXIT_OLD = format("sched_process_exit", 369, [
  ["char comm[16]", 8, 16],
  ["pid_t pid", 24, 4],
  ["int prio", 28, 4],
]);
export const GENERATE = format("signal_generate", 261, [
  ["int sig", 8, 4],
  ["int errno", 12, 4],
  ["int code", 16, 4],
  ["char comm[16]", 20, 16],
  ["pid_t pid", 36, 4],
  ["int group", 40, 4],
  ["int result", 44, 4],
]);
export const DELIVER = format("signal_deliver", 260, [
  ["int sig", 8, 4],
  ["int errno", 12, 4],
  ["int code", 16, 4],
  ["unsigned long sa_handler", 24, 8],
  ["unsigned long sa_flags", 32, 8],
]);
export const EXIT_GROUP = format("sys_enter_exit_group", 216, [
  ["int __syscall_nr", 8, 4],
  ["int error_code", 16, 8],
]);
export const EXIT_CALL = format("sys_enter_exit", 218, [
  ["int __syscall_nr", 8, 4],
  ["int error_code", 16, 8],
]);
export const RAW_ENTER = format("sys_enter", 443, [
  ["long id", 8, 8],
  ["unsigned long args[6]", 16, 48],
]);
