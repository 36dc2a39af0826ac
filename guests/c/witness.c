// Tells everything that a program can learn by itself: times, chance, and what a directory holds. It sleeps for a
// second in between, and writes what it learned into the directory, too.
//
//   witness DIRECTORY

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static FILE *copy;

static void tell(const char *format, ...) {
    va_list values;
    va_start(values, format);
    vprintf(format, values);
    va_end(values);
    va_start(values, format);
    vfprintf(copy, format, values);
    va_end(values);
}

static void tell_time(const char *name, clockid_t clock) {
    struct timespec now, step;
    if (clock_gettime(clock, &now) || clock_getres(clock, &step)) {
        tell("%s: %s\n", name, strerror(errno));
    } else {
        tell("%s: %lld.%09ld, in steps of %ld ns\n", name, (long long)now.tv_sec, now.tv_nsec, step.tv_nsec);
    }
}

static void tell_file(const char *path) {
    struct stat found;
    if (stat(path, &found)) {
        tell("%s: %s\n", path, strerror(errno));
        return;
    }
    tell("%s: device %llu, inode %llu, links %llu, type %o, %lld bytes, times", path, (unsigned long long)found.st_dev,
         (unsigned long long)found.st_ino, (unsigned long long)found.st_nlink, found.st_mode & S_IFMT,
         (long long)found.st_size);
    const struct timespec *times[] = {&found.st_atim, &found.st_mtim, &found.st_ctim};
    for (int i = 0; i < 3; i++) {
        tell(" %lld.%09ld", (long long)times[i]->tv_sec, times[i]->tv_nsec);
    }
    tell("\n");
}

int main(int argc, char **argv) {
    const char *directory = argc > 1 ? argv[1] : ".";
    char path[512];
    snprintf(path, sizeof path, "%s/testimony", directory);
    copy = fopen(path, "w");
    DIR *listing = opendir(directory);
    if (!copy || !listing) {
        perror(directory);
        return 1;
    }
    tell_time("date", CLOCK_REALTIME);
    tell_time("clock", CLOCK_MONOTONIC);
    unsigned char chance[32];
    if (getentropy(chance, sizeof chance)) {
        perror("chance");
        return 1;
    }
    for (size_t i = 0; i < sizeof chance; i++) {
        tell("%02x", chance[i]);
    }
    tell("\n");
    struct dirent *entry;
    while ((entry = readdir(listing))) {
        tell("entry %s, inode %llu, type %d\n", entry->d_name, (unsigned long long)entry->d_ino, entry->d_type);
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (strcmp(entry->d_name, "..") != 0) {
            tell_file(path);
        }
    }
    closedir(listing);
    sleep(1);
    tell_time("date", CLOCK_REALTIME);
    tell_time("clock", CLOCK_MONOTONIC);
    return fclose(copy) != 0;
}
