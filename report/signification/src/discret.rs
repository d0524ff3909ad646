//! What is known of a person, or opens something, is never printed: whoever logs `{:?}` finds the type's name and no more.

/// Writes the `Debug` of types whose fields are nobody's to read in a log: the name of the type, and nothing else.
macro_rules! discret {
    ($($name:ty),* $(,)?) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let name = stringify!($name);
                write!(f, "{}(…)", name.split('<').next().unwrap_or(name).trim_end())
            }
        }
    )*};
}

pub(crate) use discret;
