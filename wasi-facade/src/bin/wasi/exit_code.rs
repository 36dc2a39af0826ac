//! The exit codes of the command's own, and the conversion of the guest's into one of a process.

/// That of a process that was aborted, for guests that trap: a shell's for `SIGABRT`, and on Windows that of C's `abort`.
pub(crate) const TRAPPED: u32 = if cfg!(windows) { 3 } else { 134 };

/// That of `timeout(1)`, for guests whose time is up.
pub(crate) const TIMED_OUT: u32 = 124;

/// After Ctrl-C: a shell's for `SIGINT`, and on Windows `STATUS_CONTROL_C_EXIT`.
pub(crate) const INTERRUPTED: u32 = if cfg!(windows) { 0xc000_013a } else { 130 };

/// What a process exits with when the system would keep nothing of the guest's code.
const NOTHING_LEFT: u32 = 255;

/// The code of a process for the `code` of a guest, which has 32 bits.
///
/// Of these POSIX keeps the low eight (`exit(3)`). Where they are all zero and the others are not, failure would look
/// like success.
pub(crate) fn of_process(code: u32) -> i32 {
    let is_lost = cfg!(unix) && code != 0 && code & 0xff == 0;
    if is_lost { NOTHING_LEFT.cast_signed() } else { code.cast_signed() }
}

#[cfg(all(test, unix))]
mod tests {
    use super::of_process;

    #[test]
    fn success_is_zero_and_nothing_else_is() {
        assert_eq!(of_process(0), 0);
        for code in [256, 512, 65536, 0x8000_0000, u32::MAX - 255] {
            assert_eq!(of_process(code), 255, "{code}");
        }
        for code in [1, 255, 257, u32::MAX, i32::MIN.cast_unsigned() + 1] {
            assert_eq!(of_process(code), code.cast_signed());
        }
    }
}
