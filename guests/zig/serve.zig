//! Says back what it hears on the connections of a listener, one after the other, up to one that says `quit`: with the
//! calls of the system alone, since the standard library of Zig has no listeners here.
//!
//!   serve FD

const std = @import("std");
const wasi = std.os.wasi;

pub fn main() !void {
    var memory: [1024]u8 = undefined;
    var allocator = std.heap.FixedBufferAllocator.init(&memory);
    const args = try std.process.argsAlloc(allocator.allocator());
    const listener = try std.fmt.parseInt(wasi.fd_t, args[args.len - 1], 10);
    const out = std.io.getStdOut().writer();
    try out.writeAll("ready\n");
    while (true) {
        var connection: wasi.fd_t = undefined;
        const errno = wasi.sock_accept(listener, .{}, &connection);
        if (errno != .SUCCESS) {
            try out.print("accept: {s}\n", .{@tagName(errno)});
            std.process.exit(1);
        }
        if (try serve(connection)) return;
    }
}

/// Says one line back. Was it the last one?
fn serve(connection: wasi.fd_t) !bool {
    const stream = std.net.Stream{ .handle = connection };
    defer stream.close();
    var line: [64]u8 = undefined;
    const heard = line[0..try stream.read(&line)];
    try stream.writeAll(heard);
    return std.mem.startsWith(u8, heard, "quit");
}
