#!/bin/sh
# Runs the compiler under our own cfg. It wraps the compiler of the workspace's crates, since with `RUSTFLAGS` all
# dependencies would be compiled again, the engines among them.
exec "$@" --cfg wasi_posix_only
