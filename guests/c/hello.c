// Says what it was given, copies a file to standard output, and exits with the code it is told.
//
//   hello [-e NAME] [-f FILE] [-x CODE] [WORD]...

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int copy(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 1;
    }
    char buffer[4096];
    size_t length;
    while ((length = fread(buffer, 1, sizeof buffer, file)) > 0) {
        fwrite(buffer, 1, length, stdout);
    }
    int failed = ferror(file);
    fclose(file);
    return failed;
}

int main(int argc, char **argv) {
    int code = 0;
    for (int i = 1; i < argc; i++) {
        int has_value = i + 1 < argc;
        if (has_value && strcmp(argv[i], "-e") == 0) {
            const char *value = getenv(argv[++i]);
            printf("%s=%s\n", argv[i], value ? value : "(unset)");
        } else if (has_value && strcmp(argv[i], "-f") == 0) {
            if (copy(argv[++i])) {
                return 1;
            }
        } else if (has_value && strcmp(argv[i], "-x") == 0) {
            code = atoi(argv[++i]);
        } else {
            printf("hello, %s\n", argv[i]);
        }
    }
    return code;
}
