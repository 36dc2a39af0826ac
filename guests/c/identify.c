// Says what files are by what is in them, with the Magika model and a host that offers `wasi_ephemeral_nn`.
//
//   identify [--graph NAME | --model FILE] PATH...
//
// Folders are walked. The model is one that the host has under a name, "magika" unless said otherwise, or an ONNX file
// that the guest can read. Of each file the table on standard output has the path, the content type and the score; the
// score is 1 where no model was needed. Links are not followed. What cannot be read is said on standard error and left
// out of the table, and the exit code is then 1.

#include "magika.h"
#include "wasi_nn.h"
#include <dirent.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

// A column of paths is at most this wide; a longer path moves the rest of its row.
enum { WIDEST = 50 };

struct entry {
    char *path;
    mode_t mode;
};

struct list {
    struct entry *entries;
    size_t count, capacity;
};

// Whether standard error is a terminal, where a line may be written over.
static bool on_terminal;
static size_t complaints;

static void clear_progress(void) {
    if (on_terminal) {
        fputs("\r\033[K", stderr);
    }
}

// A file's name may hold what a terminal would obey.
static void put_name(const char *name, FILE *out) {
    for (; *name; name++) {
        putc((uint8_t)*name < ' ' || *name == 0x7f ? '?' : *name, out);
    }
}

static void complain(const char *subject, const char *problem) {
    clear_progress();
    fputs("identify: ", stderr);
    put_name(subject, stderr);
    fprintf(stderr, ": %s\n", problem);
    complaints++;
}

static _Noreturn void give_up(const char *subject, const char *problem) {
    complain(subject, problem);
    exit(EXIT_FAILURE);
}

static void *or_give_up(void *memory) {
    if (!memory) {
        give_up("memory", strerror(ENOMEM));
    }
    return memory;
}

// The walk.

static void append(struct list *list, struct entry entry) {
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 64;
        list->entries = or_give_up(realloc(list->entries, list->capacity * sizeof *list->entries));
    }
    list->entries[list->count++] = entry;
}

// Puts a path, which it then owns, where it belongs.
static void sort_in(char *path, struct list *files, struct list *folders) {
    struct stat status;
    if (lstat(path, &status)) {
        complain(path, strerror(errno));
        free(path);
        return;
    }
    append(S_ISDIR(status.st_mode) ? folders : files, (struct entry){path, status.st_mode});
}

static void open_folder(const char *path, struct list *files, struct list *folders) {
    DIR *folder = opendir(path);
    if (!folder) {
        complain(path, strerror(errno));
        return;
    }
    const char *separator = path[strlen(path) - 1] == '/' ? "" : "/";
    struct dirent *entry;
    while (errno = 0, (entry = readdir(folder))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            char *child = NULL;
            asprintf(&child, "%s%s%s", path, separator, entry->d_name);
            sort_in(or_give_up(child), files, folders);
        }
    }
    if (errno) {
        complain(path, strerror(errno));
    }
    closedir(folder);
}

static int by_path(const void *left, const void *right) {
    return strcmp(((const struct entry *)left)->path, ((const struct entry *)right)->path);
}

// All that is not a folder, at or below some paths, in order.
static struct list walk(char *const *paths, size_t count) {
    struct list files = {0}, folders = {0};
    for (size_t i = 0; i < count; i++) {
        sort_in(or_give_up(strdup(paths[i])), &files, &folders);
    }
    // A list of what is left to do, and not recursion: a deep tree needs no deep stack and one descriptor.
    while (folders.count > 0) {
        struct entry folder = folders.entries[--folders.count];
        open_folder(folder.path, &files, &folders);
        free(folder.path);
    }
    free(folders.entries);
    qsort(files.entries, files.count, sizeof *files.entries, by_path);
    return files;
}

// The model.

// Reads a model into memory and hands it to the host, which keeps a copy.
static nn_errno load_file(const char *path, nn_graph *graph) {
    int file = open(path, O_RDONLY);
    struct stat status;
    if (file < 0 || fstat(file, &status)) {
        give_up(path, strerror(errno));
    }
    size_t length = (size_t)status.st_size;
    void *bytes = or_give_up(malloc(length));
    if (magika_read_at(file, bytes, length, 0)) {
        give_up(path, strerror(errno));
    }
    close(file);
    nn_errno error = nn_load(&(struct nn_part){bytes, (uint32_t)length}, 1, NN_ONNX, NN_CPU, graph);
    free(bytes);
    return error;
}

// Runs the model: numbers in, one score a type out.
static nn_errno infer(nn_context context, const int32_t features[MAGIKA_FEATURES], float scores[MAGIKA_TYPES]) {
    static const uint32_t dimensions[] = {1, MAGIKA_FEATURES};
    const struct nn_tensor input = {
        .dimensions = dimensions,
        .rank = 2,
        .type = NN_I32,
        .data = features,
        .length = MAGIKA_FEATURES * sizeof *features,
    };
    const uint32_t capacity = MAGIKA_TYPES * sizeof *scores;
    uint32_t written = 0;
    nn_errno error;
    if ((error = nn_set_input(context, 0, &input)) || (error = nn_compute(context)) ||
        (error = nn_get_output(context, 0, scores, capacity, &written))) {
        return error;
    }
    // A model with fewer outputs is another model.
    return written == capacity ? NN_SUCCESS : NN_INVALID_ENCODING;
}

// Makes a context to run the model in: that of a file, or else that which the host has under a name. One run on nothing
// but padding shows that it is the right model, and takes upon itself what a host puts off until the first one.
static nn_context prepare(const char *name, const char *file) {
    nn_graph graph;
    nn_errno error = file ? load_file(file, &graph) : nn_load_by_name(name, (uint32_t)strlen(name), &graph);
    if (error == NN_NOT_FOUND) {
        give_up(name, "the host has no model of that name; give it one, or name a file with --model");
    }
    const char *model = file ? file : name;
    nn_context context;
    if (error || (error = nn_init_execution_context(graph, &context))) {
        give_up(model, nn_strerror(error));
    }
    int32_t features[MAGIKA_FEATURES];
    for (size_t i = 0; i < MAGIKA_FEATURES; i++) {
        features[i] = MAGIKA_PADDING;
    }
    float scores[MAGIKA_TYPES];
    if (infer(context, features, scores)) {
        give_up(model, "it does not run like Magika's model " MAGIKA_MODEL);
    }
    return context;
}

// Finds the answer for one file, or returns why there is none.
static const char *identify(nn_context context, const struct entry *entry, struct magika_answer *answer) {
    if (!S_ISREG(entry->mode)) {
        *answer = (struct magika_answer){S_ISLNK(entry->mode) ? "symlink" : "unknown", 1.0};
        return NULL;
    }
    int file = open(entry->path, O_RDONLY | O_NOFOLLOW);
    if (file < 0) {
        return strerror(errno);
    }
    int32_t features[MAGIKA_FEATURES];
    const char *problem = magika_read(file, features, answer) ? strerror(errno) : NULL;
    close(file);
    if (problem || answer->label) {
        return problem;
    }
    float scores[MAGIKA_TYPES];
    nn_errno error = infer(context, features, scores);
    if (error) {
        return nn_strerror(error);
    }
    *answer = magika_choose(scores);
    return NULL;
}

// The table.

// How wide a path is in a terminal, as far as that can be told: one column for each character of UTF-8.
static int width(const char *path) {
    int columns = 0;
    for (; *path; path++) {
        columns += (*path & 0xc0) != 0x80;
    }
    return columns;
}

static int widest(const struct list *files) {
    int columns = width("PATH");
    for (size_t i = 0; i < files->count; i++) {
        int here = width(files->entries[i].path);
        columns = here > columns ? here : columns;
    }
    return columns < WIDEST ? columns : WIDEST;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// Prints a row for each file as soon as it is identified, and at the end how long that took.
static void identify_all(nn_context context, const struct list *files) {
    const int column = widest(files);
    printf("%-*s  %-16s   SCORE\n", column, "PATH", "CONTENT TYPE");
    const double start = seconds();
    double took = 0;
    for (size_t i = 0; i < files->count; i++) {
        const char *path = files->entries[i].path;
        struct magika_answer answer;
        const char *problem = identify(context, &files->entries[i], &answer);
        took = seconds() - start;
        clear_progress();
        if (problem) {
            complain(path, problem);
        } else {
            const int rest = column - width(path);
            put_name(path, stdout);
            printf("%*s  %-16s  %6.4f\n", rest > 0 ? rest : 0, "", answer.label, answer.score);
        }
        if (on_terminal) {
            fprintf(stderr, "%zu of %zu files, %.0f a second", i + 1, files->count, (double)(i + 1) / took);
        }
    }
    clear_progress();
    fflush(stdout);
    fprintf(stderr, "%zu files in %.2f s, %.0f a second\n", files->count, took,
            files->count ? (double)files->count / took : 0);
}

static int usage(void) {
    fputs("usage: identify [--graph NAME | --model FILE] PATH...\n", stderr);
    return 2;
}

int main(int argc, char **argv) {
    const char *name = "magika", *file = NULL;
    int first = 1;
    for (; first < argc && argv[first][0] == '-'; first += 2) {
        if (first + 1 < argc && strcmp(argv[first], "--graph") == 0) {
            name = argv[first + 1];
        } else if (first + 1 < argc && strcmp(argv[first], "--model") == 0) {
            file = argv[first + 1];
        } else {
            return usage();
        }
    }
    if (first >= argc) {
        return usage();
    }
    on_terminal = isatty(STDERR_FILENO);
    // The C locale has no encoding, and a file of few bytes is text if it is UTF-8.
    setlocale(LC_CTYPE, "C.UTF-8");
    nn_context context = prepare(name, file);
    struct list files = walk(argv + first, (size_t)(argc - first));
    identify_all(context, &files);
    return complaints ? EXIT_FAILURE : EXIT_SUCCESS;
}
