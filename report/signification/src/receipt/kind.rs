//! The table of attested events: ETSI name, our name, French label. One table, so that none can disagree.
use serde::{Deserialize, Serialize};

use super::EventName;

/// An event that gets its own evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// A.1.
    Sent,
    /// A.2.
    Rejected,
    /// C.3.
    ConsentGiven,
    /// C.4.
    ConsentRefused,
    /// D.1.
    Available,
    /// D.2.
    DepositFailed,
    /// D: the notice was taken by the recipient's mail server.
    Notified,
    /// D: the notice was not taken.
    NotifyFailed,
    /// D: the recipient's server says that the notice reached his mailbox.
    Delivered,
    /// D: the act was opened.
    Consulted,
    /// E.1.
    Downloaded,
    /// E.2.
    HandoverInterrupted,
}

impl EvidenceKind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Sent,
        Self::Rejected,
        Self::ConsentGiven,
        Self::ConsentRefused,
        Self::Available,
        Self::DepositFailed,
        Self::Notified,
        Self::NotifyFailed,
        Self::Delivered,
        Self::Consulted,
        Self::Downloaded,
        Self::HandoverInterrupted,
    ];

    /// ETSI event name (EN 319 522-1, clause 6), our name, French label.
    fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Sent => ("SubmissionAcceptance", "ENVOYE", "Preuve d'envoi (date de signification)"),
            Self::Rejected => ("SubmissionRejection", "REJETE", "Rejet motivé"),
            Self::ConsentGiven => ("ConsignmentAcceptance", "CONSENTEMENT_DONNE", "Accord"),
            Self::ConsentRefused => ("ConsignmentRejection", "REFUSE", "Refus"),
            Self::Available => ("ContentConsignment", "DEPOSE", "Avis de mise à disposition"),
            Self::DepositFailed => ("ContentConsignmentFailure", "ECHEC_DEPOT", "Échec de mise à disposition"),
            Self::Notified => ("ConsignmentNotification", "AVISE", "Avis d'envoi de courriel"),
            Self::NotifyFailed => ("ConsignmentNotificationFailure", "ECHEC_AVIS", "Échec d'envoi de courriel"),
            Self::Delivered => {
                ("NotificationDelivered", "AVIS_REMIS", "Avis de courriel remis, selon le serveur du destinataire")
            }
            Self::Consulted => ("ContentAccessTracking", "CONSULTE", "Avis de consultation"),
            Self::Downloaded => ("ContentHandover", "TELECHARGE", "Avis de réception"),
            Self::HandoverInterrupted => ("ContentHandoverFailure", "REMISE_INTERROMPUE", "Remise interrompue"),
        }
    }

    /// The ETSI URI.
    pub fn uri(self) -> String {
        format!("http://uri.etsi.org/19522/Event/{}", self.row().0)
    }

    /// The ETSI event name.
    pub fn etsi(self) -> &'static str {
        self.row().0
    }

    /// Our name.
    pub fn nom(self) -> &'static str {
        self.row().1
    }

    /// The three names, as evidence bears them.
    pub fn event_name(self) -> EventName {
        EventName { uri: self.uri(), nom: self.nom().to_owned(), libelle: self.row().2.to_owned() }
    }

    /// Whether the event is a refusal or a failure: reasons are then mandatory.
    pub fn is_negative(self) -> bool {
        matches!(
            self,
            Self::Rejected
                | Self::ConsentRefused
                | Self::DepositFailed
                | Self::NotifyFailed
                | Self::HandoverInterrupted
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_has_its_own_names() {
        for one in EvidenceKind::ALL {
            for other in EvidenceKind::ALL {
                assert!(one == other || (one.uri() != other.uri() && one.nom() != other.nom()));
            }
        }
    }
}
