/* A ring of bytes, for one reader and one writer. */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define CAPACITY 64

struct ring {
    unsigned char bytes[CAPACITY];
    size_t head, tail;
};

static bool push(struct ring *ring, unsigned char byte) {
    if (ring->head - ring->tail == CAPACITY) {
        return false;
    }
    ring->bytes[ring->head++ % CAPACITY] = byte;
    return true;
}

static int pop(struct ring *ring) {
    return ring->head == ring->tail ? EOF : ring->bytes[ring->tail++ % CAPACITY];
}

int main(void) {
    struct ring ring;
    memset(&ring, 0, sizeof ring);
    for (const char *at = "round and round"; *at; at++) {
        push(&ring, (unsigned char)*at);
    }
    for (int byte; (byte = pop(&ring)) != EOF;) {
        putchar(byte);
    }
    printf("\n");
    return 0;
}
