// The six functions of `wasi_ephemeral_nn`, for guests in C.
//
// Names, numbers and layouts are those of the proposal's witx (WebAssembly/wasi-nn). Each call returns an errno, and
// writes what it makes through its last argument. A graph is a model, ready to run; a context holds the inputs and
// outputs of one run after another. Both are handles: the host frees what is behind them when the guest ends.

#pragma once

#include <stdint.h>

typedef enum {
    NN_SUCCESS,
    NN_INVALID_ARGUMENT,
    NN_INVALID_ENCODING,
    NN_MISSING_MEMORY,
    NN_BUSY,
    NN_RUNTIME_ERROR,
    NN_UNSUPPORTED_OPERATION,
    NN_TOO_LARGE,
    NN_NOT_FOUND,
} nn_errno;

typedef enum { NN_OPENVINO, NN_ONNX, NN_TENSORFLOW, NN_PYTORCH, NN_TENSORFLOWLITE, NN_AUTODETECT } nn_encoding;

typedef enum { NN_CPU, NN_GPU, NN_TPU } nn_target;

enum { NN_F16, NN_F32, NN_F64, NN_U8, NN_I32, NN_I64 };

typedef uint32_t nn_graph;
typedef uint32_t nn_context;

// One part of a model: ONNX has one, OpenVINO's IR has two, its XML and its weights.
struct nn_part {
    const void *data;
    uint32_t length;
};

// An input: `data` holds the product of the dimensions in elements, little-endian, the last dimension innermost.
struct nn_tensor {
    const uint32_t *dimensions;
    uint32_t rank;
    uint8_t type;
    const void *data;
    uint32_t length; // in bytes
};

_Static_assert(sizeof(struct nn_part) == 8, "the witx says 8 bytes");
_Static_assert(sizeof(struct nn_tensor) == 20, "the witx says 20 bytes");

#define NN_FUNCTION(name)                                                                                             \
    __attribute__((import_module("wasi_ephemeral_nn"), import_name(#name), warn_unused_result)) nn_errno nn_##name

// Makes a graph of a model's bytes.
NN_FUNCTION(load)(const struct nn_part *parts, uint32_t count, nn_encoding, nn_target, nn_graph *made);

// Finds a graph that the host has under a name. No byte of the model passes through the guest, and guests share it.
NN_FUNCTION(load_by_name)(const char *name, uint32_t length, nn_graph *found);

NN_FUNCTION(init_execution_context)(nn_graph, nn_context *made);

// Copies a tensor, so that its memory may be used again at once.
NN_FUNCTION(set_input)(nn_context, uint32_t index, const struct nn_tensor *);

// Runs the model. Every input has to be set; inputs stay set for the next run.
NN_FUNCTION(compute)(nn_context);

// Copies an output of at most `capacity` bytes to `buffer`; too small a buffer is `NN_TOO_LARGE`.
NN_FUNCTION(get_output)(nn_context, uint32_t index, void *buffer, uint32_t capacity, uint32_t *written);

// Words for an errno.
static inline const char *nn_strerror(nn_errno error) {
    static const char *const words[] = {
        "success",       "invalid argument",      "invalid encoding", "missing memory", "busy",
        "runtime error", "unsupported operation", "too large",        "not found",
    };
    return error < sizeof words / sizeof *words ? words[error] : "an errno that the witx does not have";
}
