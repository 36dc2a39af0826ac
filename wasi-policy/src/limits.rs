//! The macro for types of limits, which gives them setters.

/// Gives a type of limits a setter for each of its fields, which has the field's name and takes the limits by value.
///
/// All fields have to be listed, with their types; one that is left out does not compile. What may be absent is an
/// `Option`, and its setter takes the value as well.
///
/// ```
/// use std::time::Duration;
///
/// #[derive(Default)]
/// #[non_exhaustive]
/// pub struct Limits {
///     /// How many files may be open.
///     pub max_files: u32,
///     /// How long a call may take.
///     pub timeout: Option<Duration>,
/// }
///
/// wasi_policy::limit_setters!(Limits {
///     max_files: u32,
///     timeout: Option<Duration>,
/// });
///
/// let limits = Limits::default().max_files(3).timeout(Duration::from_secs(1));
/// assert_eq!(limits.timeout, Some(Duration::from_secs(1)));
/// assert_eq!(limits.timeout(None).timeout, None);
/// ```
#[macro_export]
macro_rules! limit_setters {
    ($limits:ident { $($field:ident: $ty:ident $(<$inner:ty>)?),* $(,)? }) => {
        impl $limits {
            $($crate::limit_setters!(@one $field: $ty $(<$inner>)?);)*
        }

        const _: fn(&$limits) = |$limits { $($field: _),* }| ();
    };
    (@one $field:ident: $ty:ident) => {
        #[doc = concat!("Sets [`", stringify!($field), "`](#structfield.", stringify!($field), ").")]
        #[must_use]
        pub fn $field(mut self, $field: $ty) -> Self {
            self.$field = $field;
            self
        }
    };
    (@one $field:ident: $ty:ident <$inner:ty>) => {
        #[doc = concat!("Sets [`", stringify!($field), "`](#structfield.", stringify!($field), ").")]
        #[must_use]
        pub fn $field(mut self, $field: impl Into<$ty<$inner>>) -> Self {
            self.$field = $field.into();
            self
        }
    };
}
