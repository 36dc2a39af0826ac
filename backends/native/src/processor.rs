//! The processor decides whether native libraries add up small integers rightly.

/// Whether libraries add products of unsigned and signed integers of 8 bits up in 16 bits here, which hold half of what two of
/// them can make: on x86 without VNNI, which adds them up in 32 bits.
#[must_use]
pub fn sums_saturate() -> bool {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    return !is_x86_feature_detected!("avx512vnni") && !is_x86_feature_detected!("avxvnni");
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    return false;
}
