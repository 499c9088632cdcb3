/* Makes one of each call whose audit records have something to interpret. Nothing of it changes the host: bad descriptors, its
   own temporary folder, its own children. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <linux/seccomp.h>
#include <linux/filter.h>
#include <time.h>
#include <unistd.h>

static void address(int family, const void *bytes, socklen_t length) {
  int fd = socket(family, SOCK_DGRAM, 0);
  if (fd < 0) fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  (void)!connect(fd, bytes, length);
  (void)!bind(fd, bytes, length);
  (void)!sendto(fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL, bytes, length);
  close(fd);
}

static void addresses(void) {
  struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(9)};
  inet_pton(AF_INET, "127.0.0.1", &in.sin_addr);
  address(AF_INET, &in, sizeof in);
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(443), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  address(AF_INET6, &in6, sizeof in6);
  inet_pton(AF_INET6, "fe80::1:2", &in6.sin6_addr);
  in6.sin6_scope_id = 7;
  address(AF_INET6, &in6, sizeof in6);
  struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/nonexistent/a socket"};
  address(AF_UNIX, &un, sizeof un);
  address(AF_UNIX, &un, offsetof(struct sockaddr_un, sun_path) + 10);
  struct sockaddr_un abstract = {.sun_family = AF_UNIX, .sun_path = "\0whoforks-abstract"};
  address(AF_UNIX, &abstract, offsetof(struct sockaddr_un, sun_path) + 18);
  address(AF_UNIX, &abstract, 2);
  struct sockaddr_nl nl = {.nl_family = AF_NETLINK, .nl_pid = 4711};
  address(AF_NETLINK, &nl, sizeof nl);
  struct sockaddr_vm vm = {.svm_family = AF_VSOCK, .svm_port = 1024, .svm_cid = 2};
  address(AF_VSOCK, &vm, sizeof vm);
  struct sockaddr_ll ll = {.sll_family = AF_PACKET, .sll_protocol = htons(0x806), .sll_ifindex = 1};
  address(AF_PACKET, &ll, sizeof ll);
  struct sockaddr none = {.sa_family = AF_UNSPEC};
  address(AF_INET, &none, sizeof none);
  unsigned char odd[6] = {99, 0, 1, 2, 3, 4};
  address(AF_INET, odd, sizeof odd);
  address(AF_INET, odd, 1);
}

static void files(void) {
  char folder[] = "/tmp/whoforks-mix-XXXXXX";
  if (mkdtemp(folder) == NULL || chdir(folder) != 0) exit(1);
  int fd = open("a file", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  (void)!write(fd, "x", 1);
  close(fd);
  close(open("a file", O_WRONLY | O_APPEND | O_NONBLOCK | O_NOFOLLOW));
  close(open("a file", O_RDONLY | O_DIRECTORY));
  close(openat(AT_FDCWD, "\xc3\xa9t\xc3\xa9\xff", O_CREAT | O_TRUNC | O_WRONLY, 0600));
  close(syscall(SYS_open, "a file", O_WRONLY | O_TRUNC, 0));
  close(syscall(SYS_creat, "b", 04755));
  chmod("b", 02711);
  fchmodat(AT_FDCWD, "b", 0644, 0);
  chown("b", 0, 0);
  link("a file", "c");
  symlink("a file", "d");
  rename("c", "e");
  renameat2(AT_FDCWD, "e", AT_FDCWD, "c", RENAME_NOREPLACE);
  access("b", R_OK | W_OK);
  faccessat(AT_FDCWD, "nothing", F_OK, 0);
  mknod("p", S_IFIFO | 0600, 0);
  mkdir("f", 01777);
  setxattr("b", "user.test", "1", 1, XATTR_CREATE);
  lseek(0, 0, SEEK_END);
  fcntl(0, F_GETFL);
  fcntl(1, F_SETFD, FD_CLOEXEC);
  fcntl(1, F_SETFD, 0);
  umask(027);
  unlinkat(AT_FDCWD, "f", AT_REMOVEDIR);
  const char *names[] = {"a file", "b", "c", "d", "p", "\xc3\xa9t\xc3\xa9\xff"};
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++) unlink(names[i]);
  chdir("/");
  rmdir(folder);
}

static void processes(void) {
  pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  ptrace(PTRACE_PEEKDATA, child, 0, 0);
  kill(child, 0);
  kill(child, SIGTERM);
  syscall(SYS_tgkill, child, child, SIGUSR1);
  waitpid(child, NULL, 0);
  getpriority(PRIO_PROCESS, 0);
  setpriority(PRIO_PROCESS, 0, 3);
  struct rlimit limit;
  getrlimit(RLIMIT_NPROC, &limit);
  prctl(PR_SET_NAME, "mix with space");
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_CAPBSET_READ, 21);
  struct itimerval timer = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &timer, NULL);
  struct timespec now;
  syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  struct sched_param param = {0};
  sched_setscheduler(0, SCHED_BATCH, &param);
  setresuid(-1, getuid(), -1);
  setgid(getgid());
  umount2("/nonexistent", MNT_DETACH);
  mount("none", "/nonexistent", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "");
  unshare(CLONE_FILES);
  syscall(SYS_setns, -1, CLONE_NEWNET);
  syscall(SYS_bpf, 5, 0, 0);
  syscall(SYS_add_key, "user", "d", "p", 1, -2);
  syscall(SYS_keyctl, 0, -3, 0, 0, 0);
  syscall(SYS_delete_module, "nothing", O_NONBLOCK);
  syscall(SYS_personality, 0xffffffff);
  syscall(SYS_sethostname, "x", -1);
  syscall(SYS_io_uring_setup, 0, 0);
  syscall(SYS_memfd_create, "a b", MFD_CLOEXEC);
}

static void memory(void) {
  char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(page, 4096, PROT_READ | PROT_EXEC);
  munmap(page, 4096);
  int fd = open("/bin/true", O_RDONLY);
  mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
  close(fd);
  mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, -1, 0);
}

static void sockets(void) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, 1, &on, sizeof on);
  setsockopt(fd, IPPROTO_IPV6, 26, &on, sizeof on);
  shutdown(fd, SHUT_RDWR);
  close(fd);
  int pair[2];
  socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
  close(socket(AF_INET6, SOCK_RAW, 58));
  close(socket(AF_NETLINK, SOCK_RAW, 9));
  int pipes[2];
  pipe2(pipes, O_CLOEXEC);
}

/** A child that the kernel kills for its uname. */
static void filtered(void) {
  if (fork() == 0) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_uname, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = 4, .filter = code};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
    char buffer[512];
    syscall(SYS_uname, buffer);
    _exit(0);
  }
  wait(NULL);
}

int main(void) {
  files();
  addresses();
  memory();
  sockets();
  processes();
  filtered();
  return 0;
}
