/* What programs of a working day tell the kernel's audit besides their system calls: a login by ssh, a job of cron, a command of sudo,
   services, a wrong password; a filter that only logs; a BPF program. Needs CAP_AUDIT_WRITE and a PID namespace of its own. */
#define _GNU_SOURCE
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/** Numbers of libaudit.h that the kernel's header leaves to user space. */
enum {
  USER_AUTH = 1100, USER_ACCT = 1101, CRED_ACQ = 1103, CRED_DISP = 1104, USER_START = 1105, USER_END = 1106,
  USER_ERR = 1109, USER_LOGIN = 1112, USER_CMD = 1123, SERVICE_START = 1130, SERVICE_STOP = 1131, SYSTEM_RUNLEVEL = 1129,
  CRYPTO_KEY_USER = 2404, ANOM_LOGIN_FAILURES = 2100, ROLE_ASSIGN = 2301, VIRT_CONTROL = 2500
};

static int fd;

static void tell(unsigned short type, const char *text) {
  struct {
    struct nlmsghdr head;
    char text[1024];
  } message = {.head = {.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK}};
  strcpy(message.text, text);
  message.head.nlmsg_len = NLMSG_LENGTH(strlen(text) + 1);
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  if (sendto(fd, &message, message.head.nlmsg_len, 0, (void *)&kernel, sizeof kernel) < 0) perror("sendto");
  char answer[2048];
  (void)!recv(fd, answer, sizeof answer, 0);
  struct nlmsgerr *error = NLMSG_DATA((struct nlmsghdr *)answer);
  if (error->error != 0) fprintf(stderr, "%d: %s\n", type, strerror(-error->error));
}

static void job_of_cron(void) {
  const char *tail = "grantors=pam_permit acct=\"root\" exe=\"/usr/sbin/cron\" hostname=? addr=? terminal=cron res=success";
  char text[512];
  static const struct {
    unsigned short type;
    const char *op;
  } steps[] = {{USER_ACCT, "PAM:accounting"},
               {CRED_ACQ, "PAM:setcred"},
               {USER_START, "PAM:session_open"},
               {CRED_DISP, "PAM:setcred"},
               {USER_END, "PAM:session_close"}};
  for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++) {
    snprintf(text, sizeof text, "op=%s %s", steps[i].op, tail);
    tell(steps[i].type, text);
  }
}

static void logins(void) {
  tell(CRYPTO_KEY_USER, "op=destroy kind=server fp=SHA256:00:11:22 direction=? spid=4711 suid=0  exe=\"/usr/sbin/sshd\" hostname=? addr=? terminal=? res=success");
  tell(USER_LOGIN, "op=login acct=28756E6B6E6F776E207573657229 exe=\"/usr/sbin/sshd\" hostname=? addr=192.0.2.7 terminal=ssh res=failed");
  tell(USER_AUTH, "op=PAM:authentication grantors=? acct=\"al\" exe=\"/usr/sbin/sshd\" hostname=host.example addr=2001:db8::7 terminal=ssh res=failed");
  tell(ANOM_LOGIN_FAILURES, "op=pam_faillock acct=\"al\" exe=\"/usr/sbin/sshd\" hostname=? addr=192.0.2.7 terminal=ssh res=success");
  tell(USER_LOGIN, "op=login id=64711 exe=\"/usr/sbin/sshd\" hostname=host.example addr=192.0.2.8 terminal=/dev/pts/3 res=success");
  tell(USER_ERR, "op=PAM:bad_ident grantors=? acct=\"?\" exe=\"/usr/sbin/sshd\" hostname=host.example addr=192.0.2.8 terminal=ssh res=failed");
}

static void commands(void) {
  // cat "a b"
  tell(USER_CMD, "cwd=\"/root\" cmd=636174202261206222 exe=\"/usr/bin/sudo\" terminal=pts/3 res=success");
  tell(USER_CMD, "cwd=2F746D702F612062 cmd=\"ls\" exe=\"/usr/bin/sudo\" terminal=pts/3 res=failed");
  tell(SERVICE_START, "unit=fstrim comm=\"systemd\" exe=\"/usr/lib/systemd/systemd\" hostname=? addr=? terminal=? res=success");
  tell(SERVICE_STOP, "unit=getty@tty1 comm=\"systemd\" exe=\"/usr/lib/systemd/systemd\" hostname=? addr=? terminal=? res=failed");
  tell(SYSTEM_RUNLEVEL, "old-level=N new-level=5 comm=\"systemd-update-utmp\" exe=\"/usr/lib/systemd/systemd-update-utmp\" hostname=? addr=? terminal=? res=success");
  tell(VIRT_CONTROL, "virt=kvm op=start reason=booted vm=\"a vm\" uuid=fb4149f5-9ff6-4095-f6d3-a1d03936fdfa vm-pid=4712 exe=\"/usr/sbin/libvirtd\" hostname=? addr=? terminal=? res=success");
  tell(ROLE_ASSIGN, "op=login-sename,role acct=\"al\" old-seuser=user_u old-role=user_r old-range=s0 new-seuser=staff_u new-role=staff_r new-range=s0-s0:c0.c1023 exe=\"/usr/sbin/semanage\" hostname=? addr=? terminal=pts/0 res=success");
}

/** Logs uname, returns an error for getpriority, and traps sync, which kills. */
static void filtered(void) {
  if (fork() == 0) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_uname, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_LOG),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sync, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, &program);
    char buffer[512];
    syscall(SYS_uname, buffer);
    syscall(SYS_sync);
    _exit(0);
  }
  wait(NULL);
}

static void bpf(void) {
  struct bpf_insn code[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0}, {.code = BPF_JMP | BPF_EXIT}};
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
  attributes.insns = (unsigned long)code;
  attributes.insn_cnt = 2;
  attributes.license = (unsigned long)"GPL";
  int program = syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes);
  if (program >= 0) close(program);
}

int main(void) {
  fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);
  job_of_cron();
  logins();
  commands();
  filtered();
  bpf();
  return 0;
}
