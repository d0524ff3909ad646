//! What the command line says about legal standing: shown by `constat signifier --help`, never shortened.

/// French text on the legal standing of this software (CPC art. 748-6) and of the 48-hour target.
pub const PORTEE_JURIDIQUE: &str = include_str!("../text/fr/portee.txt");

/// One line for the end of every outcome shown on a terminal.
pub const PORTEE_COURTE: &str = "Ce logiciel n'est pas un dispositif inscrit sur la liste ministérielle (CPC art. 748-6) : voir « constat signifier --help ».";

/// The paragraph of [`PORTEE_JURIDIQUE`] that a document for people bears: the law, and that this software is not on its list.
pub fn portee_essentielle() -> String {
    let law = PORTEE_JURIDIQUE.split("\n\n").find(|paragraph| paragraph.contains("748-6"));
    law.unwrap_or(PORTEE_COURTE).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_says_what_it_must() {
        for part in
            ["748-6", "2025-619", "29 août 2025", "bac à sable", "couche de preuve", "délai interne", "pas, à lui seul"]
        {
            assert!(PORTEE_JURIDIQUE.contains(part), "{part}");
        }
        let essential = portee_essentielle();
        for part in ["748-6", "2025-619", "29 août 2025", "n'y figure pas", "pas, à lui seul"] {
            assert!(essential.contains(part) && !essential.contains('\n'), "{part}: {essential}");
        }
    }
}
