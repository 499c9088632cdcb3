/* Stands for a packaged dynamic program in a made root: imports what a daemon imports, and does nothing when run. */
#include <dirent.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#ifdef PADDING
__asm__(".section .rodata\n .fill " PADDING ", 1, 0\n .text\n");
#endif

const char name[] = NAME;

int main(int argc, char **argv) {
  (void)argv;
  /* Never true; keeps the imports. */
  if (argc == 0) {
    DIR *spool = opendir(name);
    openlog(name, LOG_PID, LOG_CRON);
    if (spool && readdir(spool) && fork() == 0) execl(name, name, (char *)0);
    setsid();
    initgroups(name, 0);
    signal(SIGCHLD, SIG_IGN);
    wait(0);
    syslog(LOG_INFO, "%s", name);
    fprintf(stderr, "%d", atoi(name));
  }
  return 0;
}
