//! The display a browser's window is shown on, so that the officer sees the page itself and not only its pictures.
use std::path::Path;

/// What the browser needs to know to open a window. The rest of the user's environment never reaches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Display {
    variables: Vec<(&'static str, String)>,
}

impl Display {
    /// The display of this process; `None` when it has none (neither `DISPLAY` nor `WAYLAND_DISPLAY`).
    pub fn of_environment() -> Option<Self> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let set = |name| lookup(name).filter(|value| !value.is_empty());
        let mut variables: Vec<(&'static str, String)> =
            ["DISPLAY", "WAYLAND_DISPLAY"].into_iter().filter_map(|name| Some((name, set(name)?))).collect();
        if variables.is_empty() {
            return None;
        }
        variables.extend(set("XDG_RUNTIME_DIR").map(|value| ("XDG_RUNTIME_DIR", value)));
        // The browser has a home of its own: the default place of the X cookie must be told.
        let cookie = set("XAUTHORITY").or_else(|| Some(format!("{}/.Xauthority", set("HOME")?)));
        let cookie = cookie.filter(|path| Path::new(path).is_file());
        variables.extend(cookie.map(|value| ("XAUTHORITY", value)));
        Some(Self { variables })
    }

    /// The variables, as the browser gets them.
    pub(crate) fn variables(&self) -> &[(&'static str, String)] {
        &self.variables
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_the_display_is_passed_on() {
        let set = |name: &str| match name {
            "DISPLAY" => Some(":7".to_owned()),
            "HOME" => Some("/nonexistent".to_owned()),
            "WAYLAND_DISPLAY" => Some(String::new()),
            _ => None,
        };
        assert_eq!(Display::from_lookup(set).unwrap().variables(), [("DISPLAY", ":7".to_owned())]);
        assert_eq!(Display::from_lookup(|_| None), None);
    }
}
