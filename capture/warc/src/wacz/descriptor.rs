//! The two JSON files at the root of a package.
use serde::{Deserialize, Serialize};

use super::signed::SignedData;

pub(super) const PROFILE: &str = "data-package";
pub(super) const VERSION: &str = "1.1.1";

/// `datapackage.json`. Members we do not know are let through: the specification allows them.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct DataPackage {
    pub(super) profile: String,
    pub(super) wacz_version: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) created: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) software: Option<String>,
    #[serde(default, rename = "mainPageUrl", skip_serializing_if = "Option::is_none")]
    pub(super) main_page_url: Option<String>,
    #[serde(default, rename = "mainPageDate", skip_serializing_if = "Option::is_none")]
    pub(super) main_page_date: Option<String>,
    pub(super) resources: Vec<Resource>,
}

/// One file of the package, as `datapackage.json` lists it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Resource {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) hash: String,
    pub(super) bytes: u64,
}

/// `datapackage-digest.json`: these members and no other, or a misspelt signature would read as none.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackageDigest {
    pub(super) path: String,
    pub(super) hash: String,
    #[serde(default, rename = "signedData", skip_serializing_if = "Option::is_none")]
    pub(super) signed_data: Option<SignedData>,
}
