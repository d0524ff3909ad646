//! The services of a snapshot by the key that identifies them, and the certificates that lead to them.
use std::collections::BTreeMap;

use super::model::{Identity, Provider, Service, ServiceKind};
use super::snapshot::{Checked, Snapshot};
use crate::x509::Certificate;

/// Certificates followed from one leaf at most, and how far.
const MAX_REACHED: usize = 64;
const MAX_STEPS: usize = 8;

/// One service, with where it stands.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) checked: &'a Checked,
    pub(super) provider: &'a Provider,
    pub(super) service: &'a Service,
}

/// Where a service stands: list, provider, service.
type Place = (usize, usize, usize);

/// What is known from a snapshot.
#[derive(Debug)]
pub struct KnownServices {
    pub(super) snapshot: Snapshot,
    by_key: BTreeMap<Vec<u8>, Vec<Place>>,
    by_identifier: BTreeMap<Vec<u8>, Vec<Place>>,
    certificates: BTreeMap<Vec<u8>, Vec<Certificate>>,
    unread: usize,
}

impl KnownServices {
    /// Arranges what a snapshot says.
    pub fn of(snapshot: Snapshot) -> Self {
        let mut known = Self {
            by_key: BTreeMap::new(),
            by_identifier: BTreeMap::new(),
            certificates: BTreeMap::new(),
            unread: 0,
            snapshot,
        };
        for list in 0..known.snapshot.lists.len() {
            known.add_list(list);
        }
        known
    }

    /// The snapshot.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// How many certificates of the lists cannot be read here (keys or forms this code does not accept): a certificate
    /// issued by one of them is not found.
    pub fn unread(&self) -> usize {
        self.unread
    }

    fn add_list(&mut self, list: usize) {
        let Some(checked) = self.snapshot.lists.get(list) else { return };
        let mut found = Vec::new();
        for (provider, one) in checked.list.providers.iter().enumerate() {
            for (service, one) in one.services.iter().enumerate() {
                found.push(((list, provider, service), one.identities.clone()));
            }
        }
        for (place, identities) in found {
            self.add(place, &identities);
        }
    }

    fn add(&mut self, place: Place, identities: &[Identity]) {
        let mut named = false;
        for identity in identities {
            let Identity::Certificate(der) = identity else { continue };
            let Ok(certificate) = Certificate::parse(der) else {
                self.unread += 1;
                continue;
            };
            named = true;
            let places = self.by_key.entry(certificate.spki.clone()).or_default();
            if !places.contains(&place) {
                places.push(place);
            }
            let same = self.certificates.entry(certificate.subject.clone()).or_default();
            if !same.contains(&certificate) {
                same.push(certificate);
            }
        }
        // A key identifier only counts where no certificate says more.
        for identity in identities.iter().filter(|_| !named) {
            if let Identity::KeyIdentifier(id) = identity {
                self.by_identifier.entry(id.clone()).or_default().push(place);
            }
        }
    }

    /// The services identified by the key of `certificate`.
    pub(super) fn services(&self, certificate: &Certificate) -> Vec<Entry<'_>> {
        let by_key = self.by_key.get(&certificate.spki).into_iter().flatten();
        let identifier = certificate.extensions.subject_key.as_ref();
        let by_identifier = identifier.and_then(|id| self.by_identifier.get(id)).into_iter().flatten();
        by_key.chain(by_identifier).filter_map(|place| self.entry(*place)).collect()
    }

    fn entry(&self, (list, provider, service): Place) -> Option<Entry<'_>> {
        let checked = self.snapshot.lists.get(list)?;
        let provider = checked.list.providers.get(provider)?;
        Some(Entry { checked, provider, service: provider.services.get(service)? })
    }

    /// `leaf`, then every certificate at hand or in the lists that signed one before it: nearest first.
    pub(super) fn chain(&self, leaf: &Certificate, pool: &[Certificate]) -> Vec<Certificate> {
        let mut reached = vec![leaf.clone()];
        let mut from = 0;
        for _ in 0..MAX_STEPS {
            let until = reached.len();
            for index in from..until {
                let Some(subject) = reached.get(index).cloned() else { break };
                let listed = self.certificates.get(&subject.issuer).into_iter().flatten();
                for issuer in pool.iter().chain(listed) {
                    if reached.len() < MAX_REACHED && !reached.contains(issuer) && subject.is_signed_by(issuer) {
                        reached.push(issuer.clone());
                    }
                }
            }
            if reached.len() == until {
                break;
            }
            from = until;
        }
        reached
    }

    /// The certificates of the services that are or were qualified, for a reader who wants them as anchors.
    pub(crate) fn qualified_certificates(&self) -> Vec<Certificate> {
        let qualified = |service: &&Service| {
            service.periods.iter().any(|period| {
                let kind = matches!(period.kind, ServiceKind::QualifiedCertificates | ServiceKind::QualifiedTimestamps);
                kind && period.status.is_qualified(period.since)
            })
        };
        let providers = self.snapshot.lists.iter().flat_map(|checked| &checked.list.providers);
        let services = providers.flat_map(|provider| &provider.services).filter(qualified);
        let mut found = Vec::new();
        for identity in services.flat_map(|service| &service.identities) {
            if let Identity::Certificate(der) = identity
                && let Ok(certificate) = Certificate::parse(der)
            {
                found.push(certificate);
            }
        }
        found
    }
}
