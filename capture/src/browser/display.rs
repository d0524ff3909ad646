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

    /// The X11 display of that name (`:1`), and nothing else of the environment.
    pub fn x11(name: &str) -> Self {
        Self { variables: vec![("DISPLAY", name.to_owned())] }
    }

    /// The name of the X11 display, when the window is shown there: under Wayland a program sees its own windows only.
    pub(crate) fn x11_name(&self) -> Option<&str> {
        let of = |wanted| self.variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str());
        of("DISPLAY").filter(|_| of("WAYLAND_DISPLAY").is_none())
    }

    /// The cookie of the X11 display, when it has one.
    pub(crate) fn cookie(&self) -> Option<&str> {
        self.variables.iter().find(|(name, _)| *name == "XAUTHORITY").map(|(_, value)| value.as_str())
    }

    /// The same, with the address of a sound server.
    pub(crate) fn with_sound(&self, server: &str) -> Self {
        let mut variables = self.variables.clone();
        variables.push(("PULSE_SERVER", server.to_owned()));
        Self { variables }
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

    #[test]
    fn a_picture_of_the_screen_is_for_x11_alone() {
        let x11 = Display::x11(":7");
        assert_eq!((x11.x11_name(), x11.cookie()), (Some(":7"), None));
        let both = Display::from_lookup(|name| matches!(name, "DISPLAY" | "WAYLAND_DISPLAY").then(|| ":0".to_owned()));
        assert_eq!(both.unwrap().x11_name(), None);
        let sound = x11.with_sound("unix:/x");
        assert!(sound.variables().contains(&("PULSE_SERVER", "unix:/x".into())) && x11.variables().len() == 1);
    }
}
