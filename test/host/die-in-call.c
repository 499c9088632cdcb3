/*
 * Preloaded into a process: ends it, by SIGKILL, in the n-th call that changes something (DIE_IN_CALL=n), after the kernel
 * carried it out and before it returns; or fails calls by name (FAIL_CALL=renameat2:5 fails each with errno 5). At its end
 * a process that was not killed writes the number of such calls to the file COUNT_CALLS.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static int calls;

static int fails(const char *name) {
  const char *given = getenv("FAIL_CALL");
  size_t length = strlen(name);
  if (!given || strncmp(given, name, length) || given[length] != ':') return 0;
  errno = atoi(given + length + 1);
  return 1;
}

static void changed(void) {
  const char *given = getenv("DIE_IN_CALL");
  calls++;
  if (given && atoi(given) == calls) {
    kill(getpid(), SIGKILL);
    pause();
  }
}

__attribute__((destructor)) static void told(void) {
  const char *name = getenv("COUNT_CALLS");
  FILE *file = name ? fopen(name, "w") : NULL;
  if (!file) return;
  fprintf(file, "%d", calls);
  fclose(file);
}

#define CHANGES(type, name, parameters, arguments)                      \
  type name parameters {                                                \
    static type(*real) parameters;                                      \
    type result;                                                        \
    if (!real) real = dlsym(RTLD_NEXT, #name);                          \
    if (fails(#name)) return -1;                                        \
    result = real arguments;                                            \
    if (result >= 0) changed();                                         \
    return result;                                                      \
  }

CHANGES(int, mkdir, (const char *path, mode_t mode), (path, mode))
CHANGES(int, rmdir, (const char *path), (path))
CHANGES(int, unlink, (const char *path), (path))
CHANGES(int, rename, (const char *from, const char *to), (from, to))
CHANGES(int, link, (const char *from, const char *to), (from, to))
CHANGES(int, chmod, (const char *path, mode_t mode), (path, mode))
CHANGES(int, chown, (const char *path, uid_t uid, gid_t gid), (path, uid, gid))
CHANGES(ssize_t, pwrite64, (int fd, const void *bytes, size_t length, off64_t at), (fd, bytes, length, at))
CHANGES(int, ftruncate64, (int fd, off64_t length), (fd, length))
CHANGES(int, fallocate64, (int fd, int mode, off64_t at, off64_t length), (fd, mode, at, length))
CHANGES(int, setxattr, (const char *path, const char *name, const void *value, size_t size, int flags),
        (path, name, value, size, flags))
CHANGES(int, removexattr, (const char *path, const char *name), (path, name))
CHANGES(int, utimensat, (int dir, const char *path, const struct timespec *times, int flags), (dir, path, times, flags))

int ioctl(int fd, unsigned long request, ...) {
  static int (*real)(int, unsigned long, void *);
  va_list list;
  void *argument;
  int result;
  if (!real) real = dlsym(RTLD_NEXT, "ioctl");
  va_start(list, request);
  argument = va_arg(list, void *);
  va_end(list);
  result = real(fd, request, argument);
  if (request == FS_IOC_SETFLAGS && result == 0) changed();
  return result;
}

long syscall(long number, ...) {
  static long (*real)(long, long, long, long, long, long, long);
  long a[6], result;
  va_list list;
  if (!real) real = dlsym(RTLD_NEXT, "syscall");
  va_start(list, number);
  for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
  va_end(list);
  if (number == SYS_renameat2 && fails("renameat2")) return -1;
  result = real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  if ((number == SYS_renameat2 || number == SYS_pidfd_send_signal) && result == 0) changed();
  return result;
}
