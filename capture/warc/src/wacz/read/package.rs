//! The two JSON files at the root against the members that are there.
use std::collections::{BTreeMap, BTreeSet};

use dossier::{Finding, Level, Sha256Digest, parse_strict};
use serde::de::DeserializeOwned;

use super::super::descriptor::{DataPackage, PROFILE, PackageDigest, Resource, VERSION};
use super::super::layout::{self, DATAPACKAGE, DIGEST, PAGES};
use super::super::signed::verify_anonymous;
use super::{Gathered, SignedData, show};
use crate::WarcError;
use crate::digest::Labelled;

/// Checks presence, descriptor, digest file and signature; gives the signature when it verifies.
pub(super) fn check(to: &mut Gathered) -> Option<SignedData> {
    presence(to);
    let datapackage = to.datapackage.take()?;
    let package: Option<DataPackage> = parse(DATAPACKAGE, "wacz.datapackage", &datapackage, to);
    let created = package.as_ref().map(|package| package.created.clone());
    if let Some(package) = package {
        descriptor(&package, to);
        resources(&package.resources, to);
    }
    let digest = to.digest.take()?;
    digest_file(&digest, &datapackage, created.as_deref(), to)
}

fn presence(to: &mut Gathered) {
    let has = |test: &dyn Fn(&str) -> bool| to.members.iter().any(|member| test(&member.path));
    let found = [
        (has(&|path| path == DATAPACKAGE), DATAPACKAGE),
        (has(&|path| path == DIGEST), DIGEST),
        (has(&layout::is_archive), "archive/*.warc.gz"),
        (has(&layout::is_index), "indexes/*.cdxj"),
        (has(&|path| path == PAGES), PAGES),
    ];
    for (_, missing) in found.into_iter().filter(|(present, _)| !present) {
        let finding = Finding::new("wacz.presence", Level::Fail, format!("Le paquet WACZ n'a pas {missing}."));
        to.findings.push(finding.values(missing, "absent"));
    }
}

fn parse<T: DeserializeOwned>(member: &str, code: &str, bytes: &[u8], to: &mut Gathered) -> Option<T> {
    let parsed = parse_strict(bytes)
        .map_err(|error| error.to_string())
        .and_then(|value| serde_json::from_value(value).map_err(|error| error.to_string()));
    parsed
        .map_err(|error| {
            let what = format!("Le fichier {member} du paquet WACZ n'est pas lisible.");
            to.findings.push(Finding::new(code, Level::Fail, what).found(error));
        })
        .ok()
}

fn descriptor(package: &DataPackage, to: &mut Gathered) {
    for (name, expected, found) in
        [("profile", PROFILE, &package.profile), ("wacz_version", VERSION, &package.wacz_version)]
    {
        if found != expected {
            let what = format!("Le champ {name} de datapackage.json n'a pas la valeur attendue.");
            to.findings.push(Finding::new("wacz.version", Level::Fail, what).values(expected, show(found)));
        }
    }
    if let Some(url) = &package.main_page_url
        && !to.pages.iter().any(|page| &page.url == url)
    {
        let what = "La page principale du paquet WACZ n'est pas dans sa liste de pages.";
        to.findings.push(Finding::new("wacz.main_page", Level::Warn, what).found(show(url)));
    }
}

fn resources(resources: &[Resource], to: &mut Gathered) {
    let mut members: BTreeMap<&str, (u64, Sha256Digest)> =
        to.members.iter().map(|member| (member.path.as_str(), (member.bytes, member.sha256))).collect();
    members.remove(DATAPACKAGE);
    members.remove(DIGEST);
    let (mut paths, mut names) = (BTreeSet::new(), BTreeSet::new());
    let mut found = Vec::new();
    for resource in resources {
        let path = show(&resource.path);
        let fresh = [paths.insert(&resource.path), names.insert(&resource.name)];
        if fresh.contains(&false) {
            let what = format!("datapackage.json nomme deux fois {path}.");
            found.push(Finding::new("wacz.resource_duplicate", Level::Fail, what));
            continue;
        }
        let Some((bytes, sha256)) = members.remove(resource.path.as_str()) else {
            let what = format!("Le fichier {path}, annoncé par datapackage.json, n'est pas dans le paquet WACZ.");
            found.push(Finding::new("wacz.resource_missing", Level::Fail, what));
            continue;
        };
        if resource.bytes != bytes {
            let what = format!("La longueur de {path} n'est pas celle qu'annonce datapackage.json.");
            found.push(Finding::new("wacz.resource_bytes", Level::Fail, what).values(resource.bytes, bytes));
        }
        if Labelled::parse(&resource.hash) != Labelled::Sha256(sha256) {
            let what = format!("L'empreinte de {path} n'est pas celle qu'annonce datapackage.json.");
            let finding = Finding::new("wacz.resource_hash", Level::Fail, what);
            found.push(finding.values(show(&resource.hash), sha256.labelled()));
        }
    }
    for path in members.into_keys() {
        let what = format!("Le fichier {} est dans le paquet WACZ sans être annoncé.", show(path));
        found.push(Finding::new("wacz.resource_unlisted", Level::Fail, what));
    }
    to.findings.extend(found);
}

fn digest_file(digest: &[u8], datapackage: &[u8], created: Option<&str>, to: &mut Gathered) -> Option<SignedData> {
    // The domain form of wacz-auth has other members: it is recognised before the strict form is asked for.
    let domain = parse_strict(digest).is_ok_and(|value| value.pointer("/signedData/domain").is_some());
    if domain {
        let what = "Le paquet WACZ est signé au nom d'un domaine : cette forme n'est pas vérifiée.";
        to.findings.push(Finding::new("wacz.signature_form", Level::Indeterminate, what));
        return None;
    }
    let parsed: PackageDigest = parse(DIGEST, "wacz.digest", digest, to)?;
    let actual = Sha256Digest::of(datapackage).labelled();
    if parsed.path != DATAPACKAGE || parsed.hash != actual {
        let what = "L'empreinte de datapackage.json n'est pas celle qu'annonce datapackage-digest.json.";
        let finding = Finding::new("wacz.digest_hash", Level::Fail, what);
        to.findings
            .push(finding.values(format!("{DATAPACKAGE} {actual}"), show(&format!("{} {}", parsed.path, parsed.hash))));
    }
    let Some(signed) = parsed.signed_data else {
        let what = "Le paquet WACZ n'est pas signé : les outils de relecture ne le diront pas vérifié.";
        to.findings.push(Finding::new("wacz.unsigned", Level::Warn, what));
        return None;
    };
    if let Err(error) = verify_anonymous(&signed, datapackage) {
        let what = "La signature du paquet WACZ n'est pas valable.";
        let why = if let WarcError::Signature { why } = error { why } else { error.to_string() };
        to.findings.push(Finding::new("wacz.signature", Level::Fail, what).found(why));
        return None;
    }
    if let Some(created) = created.filter(|created| *created != signed.created) {
        let what = "La date de la signature du paquet WACZ n'est pas celle de datapackage.json.";
        let finding = Finding::new("wacz.signature_created", Level::Fail, what);
        to.findings.push(finding.values(show(created), show(&signed.created)));
        return None;
    }
    Some(signed)
}
