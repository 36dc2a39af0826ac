const std = @import("std");
const Allocator = std.mem.Allocator;

pub const Arena = struct {
    buffer: []u8,
    used: usize = 0,

    pub fn init(parent: Allocator, size: usize) !Arena {
        return .{ .buffer = try parent.alloc(u8, size) };
    }

    pub fn take(self: *Arena, comptime T: type, count: usize) error{Full}![]T {
        const start = std.mem.alignForward(usize, self.used, @alignOf(T));
        const end = start + count * @sizeOf(T);
        if (end > self.buffer.len) return error.Full;
        self.used = end;
        return @as([*]T, @ptrCast(@alignCast(self.buffer[start..end].ptr)))[0..count];
    }
};

test "an arena is finite" {
    var arena = try Arena.init(std.testing.allocator, 16);
    defer std.testing.allocator.free(arena.buffer);
    _ = try arena.take(u64, 2);
    try std.testing.expectError(error.Full, arena.take(u8, 1));
}
