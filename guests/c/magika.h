// What the authors of Magika do before and after they run their model, as their Python package has it.
//
// A file's content type is told by its two ends: the first and last 4 KiB are read and stripped of outer whitespace,
// and of what is left the first and last KiB go into the model, a byte a number. The model gives a score to each type
// it knows. The best one counts if its score is high enough for that type; otherwise all that is said is whether the
// file is text. A file of too few bytes is not shown to the model.

#pragma once

#include "magika_types.h"
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

enum { MAGIKA_FEATURES = MAGIKA_BEGINNING + MAGIKA_END };

// A content type, and how sure that is, from 0 to 1.
struct magika_answer {
    const char *label;
    double score;
};

// Fills a buffer from a position in a file, or says why not in `errno`.
static int magika_read_at(int file, void *buffer, size_t length, off_t position) {
    for (size_t done = 0; done < length;) {
        ssize_t count = pread(file, (char *)buffer + done, length - done, position + (off_t)done);
        if (count <= 0) {
            // The file was longer a moment ago.
            errno = count < 0 ? errno : EIO;
            return -1;
        }
        done += (size_t)count;
    }
    return 0;
}

// What `bytes.strip` takes for whitespace, in any locale.
static bool magika_is_space(uint8_t byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

// Whether bytes are UTF-8 from the first to the last, which asks for a locale with that encoding.
static bool magika_is_text(const uint8_t *bytes, size_t length) {
    mbstate_t state = {0};
    for (size_t at = 0; at < length;) {
        size_t step = mbrtowc(NULL, (const char *)bytes + at, length - at, &state);
        if (step > length - at) {
            // Two values beyond any length stand for wrong and for unfinished sequences.
            return false;
        }
        // The step over a null character is said to be zero.
        at += step ? step : 1;
    }
    return true;
}

// Reads what the model is to see of an open file. Where it is not to be asked, the answer has a label at once, and
// where it is, none. Returns -1 with `errno` set if the file cannot be read.
static int magika_read(int file, int32_t features[MAGIKA_FEATURES], struct magika_answer *answer) {
    struct stat status;
    if (fstat(file, &status)) {
        return -1;
    }
    *answer = (struct magika_answer){NULL, 1.0};
    if (status.st_size == 0) {
        answer->label = "empty";
        return 0;
    }

    uint8_t block[MAGIKA_BLOCK];
    size_t length = status.st_size < MAGIKA_BLOCK ? (size_t)status.st_size : MAGIKA_BLOCK;
    if (magika_read_at(file, block, length, 0)) {
        return -1;
    }
    size_t start = 0;
    while (start < length && magika_is_space(block[start])) {
        start++;
    }
    if (length - start < MAGIKA_MINIMUM) {
        answer->label = magika_is_text(block, length) ? "txt" : "unknown";
        return 0;
    }
    // Bytes stand at the outer edges, and padding between them.
    for (size_t i = 0; i < MAGIKA_BEGINNING; i++) {
        features[i] = i < length - start ? block[start + i] : MAGIKA_PADDING;
    }

    if (status.st_size > MAGIKA_BLOCK && magika_read_at(file, block, length, status.st_size - MAGIKA_BLOCK)) {
        return -1;
    }
    size_t end = length;
    while (end > 0 && magika_is_space(block[end - 1])) {
        end--;
    }
    for (size_t i = 0; i < MAGIKA_END; i++) {
        features[MAGIKA_FEATURES - 1 - i] = i < end ? block[end - 1 - i] : MAGIKA_PADDING;
    }
    return 0;
}

// What the scores of all types say together.
static struct magika_answer magika_choose(const float scores[MAGIKA_TYPES]) {
    size_t best = 0;
    for (size_t i = 1; i < MAGIKA_TYPES; i++) {
        if (scores[i] > scores[best]) {
            best = i;
        }
    }
    const struct magika_type *type = &magika_types[best];
    bool is_sure = scores[best] >= type->threshold;
    return (struct magika_answer){is_sure ? type->label : type->is_text ? "txt" : "unknown", scores[best]};
}
