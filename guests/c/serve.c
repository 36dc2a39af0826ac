// Says back what it hears on the connections of a listener, one after the other, up to one that says `quit`.
//
//   serve [-l] FD
//
// With -l it looks whether accepting waits, tells, and polls where it does not, as servers do that wait for much at once.

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int fail(const char *what) {
    printf("%s: %s\n", what, strerror(errno));
    return 1;
}

// Says one line back. Returns 1 if it was the last one, and -1 if that failed.
static int serve(int connection) {
    char line[64];
    ssize_t length = read(connection, line, sizeof line);
    if (length < 0 || write(connection, line, length) != length) {
        return -1;
    }
    shutdown(connection, SHUT_WR);
    close(connection);
    return length >= 4 && memcmp(line, "quit", 4) == 0;
}

int main(int argc, char **argv) {
    int looks = argc > 2 && strcmp(argv[1], "-l") == 0;
    int listener = atoi(argv[argc - 1]);
    int waits = 1;
    setvbuf(stdout, NULL, _IONBF, 0);
    if (looks) {
        int flags = fcntl(listener, F_GETFL);
        if (flags < 0) {
            return fail("fcntl");
        }
        waits = !(flags & O_NONBLOCK);
        printf("%s\n", waits ? "waits" : "does not wait");
    }
    printf("ready\n");
    for (;;) {
        struct pollfd wanted = {.fd = listener, .events = POLLIN};
        if (!waits && poll(&wanted, 1, -1) != 1) {
            return fail("poll");
        }
        // This libc writes to both, whoever asks it to.
        struct sockaddr whose;
        socklen_t length = sizeof whose;
        int connection = accept(listener, &whose, &length);
        if (connection < 0) {
            return fail("accept");
        }
        int last = serve(connection);
        if (last < 0) {
            return fail("serve");
        }
        if (last) {
            return 0;
        }
    }
}
