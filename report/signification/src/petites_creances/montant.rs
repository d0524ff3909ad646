//! Amounts in whole cents, principal and interest apart, never beyond the cap of CPCE art. R. 125-1 on their day.
use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

use super::Motif;
use crate::SignificationError;

/// The cap since 1 January 2020, principal and interest together.
pub const PLAFOND: Cents = Cents(500_000);
/// The cap before.
const PLAFOND_2016: Cents = Cents(400_000);
/// The most payments an agreement may have.
const MAX_ECHEANCES: usize = 120;

/// The cap on `day`.
pub fn plafond(day: Date) -> Cents {
    if day < date(2020, 1, 1) { PLAFOND_2016 } else { PLAFOND }
}

/// An amount in cents of euro.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cents(u64);

impl Cents {
    /// `n` cents.
    pub const fn new(n: u64) -> Self {
        Self(n)
    }

    /// The number of cents.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Cents {
    /// `5 000,00 €`, with no-break spaces.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = (self.0 / 100).to_string();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                f.write_str("\u{a0}")?;
            }
            write!(f, "{digit}")?;
        }
        write!(f, ",{:02}\u{a0}€", self.0 % 100)
    }
}

impl FromStr for Cents {
    type Err = SignificationError;

    /// Reads `5000`, `5 000,5` or `5 000,00 €`: a comma, at most two decimals, spaces between thousands.
    fn from_str(text: &str) -> Result<Self, SignificationError> {
        let bad = || SignificationError::Field {
            field: "montant",
            found: text.chars().take(40).collect(),
            why: "attendu un montant en euros, avec au plus deux décimales après une virgule",
        };
        let space = |c: char| c == ' ' || c == '\u{a0}' || c == '\u{202f}';
        let body = text.trim().trim_end_matches('€').trim_end_matches(space);
        let (euros, cents) = body.split_once(',').unwrap_or((body, ""));
        let decimals = body.contains(',');
        let groups: Vec<&str> = euros.split(space).collect();
        let grouped = groups.len() == 1
            || (groups.iter().skip(1).all(|g| g.len() == 3)
                && groups.first().is_some_and(|g| (1..=3).contains(&g.len())));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        let euros = groups.concat();
        if !grouped || !digits(&euros) || (decimals && !(digits(cents) && cents.len() <= 2)) {
            return Err(bad());
        }
        let euros: u64 = euros.parse().map_err(|_| bad())?;
        let cents: u64 = format!("{cents:0<2}").parse().map_err(|_| bad())?;
        euros.checked_mul(100).and_then(|n| n.checked_add(cents)).map(Self).ok_or_else(bad)
    }
}

/// What is claimed or agreed, as it stands on a day; within the cap of that day, or it does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawMontant")]
pub struct Montant {
    principal: Cents,
    interets: Cents,
    arrete_au: Date,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMontant {
    principal: Cents,
    interets: Cents,
    arrete_au: Date,
}

impl TryFrom<RawMontant> for Montant {
    type Error = SignificationError;

    fn try_from(raw: RawMontant) -> Result<Self, SignificationError> {
        Self::new(raw.principal, raw.interets, raw.arrete_au)
    }
}

impl Montant {
    /// `principal` and `interets` as they stand on `arrete_au`. `HORS_PLAFOND` beyond the cap, `MONTANT_NUL` without principal.
    pub fn new(principal: Cents, interets: Cents, arrete_au: Date) -> Result<Self, SignificationError> {
        if principal.0 == 0 {
            return Err(Motif::MontantNul.into());
        }
        match principal.0.checked_add(interets.0) {
            Some(total) if Cents(total) <= plafond(arrete_au) => Ok(Self { principal, interets, arrete_au }),
            _ => Err(Motif::HorsPlafond.into()),
        }
    }

    /// Principal.
    pub fn principal(&self) -> Cents {
        self.principal
    }

    /// Interest.
    pub fn interets(&self) -> Cents {
        self.interets
    }

    /// The day it stands on.
    pub fn arrete_au(&self) -> Date {
        self.arrete_au
    }

    /// Principal and interest.
    pub fn total(&self) -> Cents {
        Cents(self.principal.0 + self.interets.0)
    }
}

/// A yearly rate of simple interest, in hundredths of a percent (`310` is 3,10 %): at most 100 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct Taux(u16);

impl TryFrom<u16> for Taux {
    type Error = SignificationError;

    fn try_from(hundredths: u16) -> Result<Self, SignificationError> {
        if hundredths <= 10_000 {
            return Ok(Self(hundredths));
        }
        let why = "taux annuel en centièmes de pour cent, au plus 10000";
        Err(SignificationError::Field { field: "taux", found: hundredths.to_string(), why })
    }
}

impl From<Taux> for u16 {
    fn from(taux: Taux) -> Self {
        taux.0
    }
}

/// The claim `base` as it stands on `day`: simple interest on the principal since its own day, year of 365 days, rounded
/// down to the cent. Without a rate, or on an earlier day, the interest is that of `base`. `HORS_PLAFOND` once the interest
/// carries the sum beyond the cap.
pub fn montant_au(base: &Montant, taux: Option<Taux>, day: Date) -> Result<Montant, SignificationError> {
    let days = base.arrete_au.until(day).map_or(0, |span| span.get_days()).max(0);
    let rate = u128::from(taux.map_or(0, |t| t.0));
    let days = u128::from(days.unsigned_abs());
    let run = u128::from(base.principal.0) * rate * days / (10_000 * 365);
    let interets = u64::try_from(run).ok().and_then(|run| base.interets.0.checked_add(run));
    let interets = interets.ok_or(Motif::HorsPlafond)?;
    Montant::new(base.principal, Cents(interets), day)
}

/// One payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Echeance {
    /// When.
    pub le: Date,
    /// How much.
    pub montant: Cents,
}

/// How the amount is paid: one payment or more, on increasing days, none of nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Echeance>", into = "Vec<Echeance>")]
pub struct Modalites(Vec<Echeance>);

impl TryFrom<Vec<Echeance>> for Modalites {
    type Error = SignificationError;

    fn try_from(list: Vec<Echeance>) -> Result<Self, SignificationError> {
        let ordered = list.windows(2).all(|w| matches!(w, [a, b] if a.le < b.le));
        let each = list.iter().all(|e| e.montant.0 > 0 && e.montant <= PLAFOND);
        if ordered && each && (1..=MAX_ECHEANCES).contains(&list.len()) {
            return Ok(Self(list));
        }
        Err(Motif::ModalitesIncorrectes.into())
    }
}

impl From<Modalites> for Vec<Echeance> {
    fn from(modalites: Modalites) -> Self {
        modalites.0
    }
}

impl Modalites {
    /// The payments, in order.
    pub fn echeances(&self) -> &[Echeance] {
        &self.0
    }

    /// Their sum. It cannot overflow: at most 120 payments, none beyond the cap.
    pub fn total(&self) -> Cents {
        Cents(self.0.iter().map(|e| e.montant.0).sum())
    }

    /// The day of the first payment.
    pub fn premiere(&self) -> Date {
        self.0.first().map_or(Date::MAX, |e| e.le)
    }
}
