//! Times as people read them: in full, in French, Paris time with its offset (row C03).
use dossier::Instant;
pub(crate) use signification::deadline::french_date as jour;

/// A day, the hour, and the offset from universal time.
pub(crate) fn longue(at: Instant) -> String {
    let wall = at.legal_time();
    let (time, hours) = (wall.time(), wall.offset().seconds() / 3600);
    format!("{} à {} h {:02} min {:02} s (UTC+{hours})", jour(wall.date()), time.hour(), time.minute(), time.second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c03_winter_and_summer_have_their_offsets() {
        assert_eq!(longue("2027-01-01T05:00:00Z".parse().unwrap()), "1er janvier 2027 à 6 h 00 min 00 s (UTC+1)");
        assert_eq!(longue("2027-06-02T04:00:09Z".parse().unwrap()), "2 juin 2027 à 6 h 00 min 09 s (UTC+2)");
    }
}
