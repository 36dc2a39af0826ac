"""Prints guests/c/magika_types.h: what the model of the installed Magika package knows, as C.

Run by `cargo xtask guests`, with the package at the version that xtask/packages.toml pins.
"""

import importlib.metadata
import importlib.util
import json
import pathlib

HEAD = """\
// The numbers and content types of Magika's model. Made by `cargo xtask guests`; edits are lost.
//
// Source: models/{model}/config.min.json and config/content_types_kb.min.json of the Python package magika {version},
// copyright Google LLC, licensed under the Apache License 2.0.
//
// They are compiled in because they are part of the model: a guest that read them at run time would be about JSON.

#pragma once

#include <stdbool.h>

#define MAGIKA_MODEL "{model}"

enum {{
    MAGIKA_BEGINNING = {beg_size}, // bytes of a file's beginning that go into the model
    MAGIKA_END = {end_size}, // and of its end
    MAGIKA_BLOCK = {block_size}, // bytes that are read to find these
    MAGIKA_MINIMUM = {min_file_size_for_dl}, // fewer bytes at the beginning are not shown to the model
    MAGIKA_PADDING = {padding_token}, // stands where a file has no byte
    MAGIKA_TYPES = {types}, // scores that come out of the model
}};

struct magika_type {{
    const char *label;
    double threshold; // a lower score says no more than whether the file is text
    bool is_text;
}};

// In the order of the scores.
static const struct magika_type magika_types[MAGIKA_TYPES] = {{"""


def main():
    package = pathlib.Path(importlib.util.find_spec("magika").origin).parent
    (folder,) = (package / "models").iterdir()
    config = json.loads((folder / "config.min.json").read_text())
    known = json.loads((package / "config" / "content_types_kb.min.json").read_text())
    names = config["target_labels_space"]
    version = importlib.metadata.version("magika")
    print(HEAD.format(model=folder.name, version=version, types=len(names), **config))
    for name in names:
        label = config["overwrite_map"].get(name, name)
        threshold = config["thresholds"].get(name, config["medium_confidence_threshold"])
        print(f'    {{"{label}", {threshold}, {str(known[label]["is_text"]).lower()}}},')
    print("};")


main()
