//! Numbers on the command line, with units.

/// Sizes of memory count in powers of two, whatever letters follow.
pub(crate) fn size(text: &str) -> Result<usize, String> {
    let bytes = number(text).map_err(|error| error.to_string())?;
    usize::try_from(bytes).map_err(|_| "this is more than a machine can address".to_owned())
}

/// A number that may end in a unit such as `K` or `GiB`, a power of two in any case.
pub(crate) fn number(text: &str) -> Result<u64, parse_size::Error> {
    parse_size::Config::new().with_binary().parse_size(text)
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes() {
        assert_eq!(size("64M"), Ok(64 << 20));
        assert_eq!(size("1GiB"), Ok(1 << 30));
        assert_eq!(size("65536"), Ok(65536));
        assert!(size("much").is_err());
    }
}
