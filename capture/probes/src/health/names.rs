//! Lists of program names given as data: one a line, `*` at the end for anything, a tab and what it is.

/// A list of names.
pub(super) struct Names(&'static str);

impl Names {
    /// The programs of a usual system.
    pub(super) const ADMITTED: Self = Self(include_str!("admitted.txt"));
    /// The programs of remote control.
    pub(super) const REMOTE: Self = Self(include_str!("remote.txt"));
    /// The browsers.
    pub(super) const BROWSERS: Self = Self(include_str!("browsers.txt"));

    /// What the list says of `name`: the text after the tab, or the line's own name; `None` when it is not in the list.
    pub(super) fn what(&self, name: &str) -> Option<&'static str> {
        let lines = self.0.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut entries = lines.map(|line| line.split_once('\t').unwrap_or((line, line)));
        let matches = |pattern: &str| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == pattern,
        };
        entries.find(|(pattern, _)| matches(pattern)).map(|(_, what)| what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_beginnings() {
        assert_eq!(Names::REMOTE.what("x11vnc"), Some("VNC (x11vnc)"));
        assert_eq!(Names::REMOTE.what("vncserver-x11-c"), Some("VNC"));
        assert_eq!(Names::REMOTE.what("bash"), None);
        assert!(Names::ADMITTED.what("systemd-journal").is_some());
        assert!(Names::ADMITTED.what("# The system").is_none());
        assert!(Names::BROWSERS.what("firefox-esr").is_some());
    }

    #[test]
    fn no_name_is_longer_than_the_kernel_gives() {
        for list in [Names::ADMITTED, Names::REMOTE, Names::BROWSERS] {
            for line in list.0.lines().filter(|line| !line.starts_with('#')) {
                let name = line.split('\t').next().unwrap().trim_end_matches('*');
                assert!(!name.is_empty() && name.len() <= 15, "{line:?}");
            }
        }
    }
}
