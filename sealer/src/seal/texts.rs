//! The small files of the bundle, made from digests alone: descriptor, sums, explanation.
use dossier::{Digests, Sha256Digest};
use serde_json::json;

use crate::{SealError, layout};

/// `datapackage.json`: one resource, so that a replay tool opens the outer file (profile `multi-wacz-package`).
pub(crate) fn datapackage(wacz: &Digests) -> Result<Vec<u8>, SealError> {
    Ok(dossier::canonical_bytes(&json!({
        "profile": "multi-wacz-package",
        "resources": [{
            "name": layout::WACZ,
            "path": layout::WACZ,
            "hash": wacz.sha256.labelled(),
            "bytes": wacz.bytes,
        }],
    }))?)
}

/// `SHA256SUMS`, as `sha256sum -c` reads it: every content file but itself, in the order of the container.
pub(crate) fn sums<'a>(files: impl Iterator<Item = (&'a str, Sha256Digest)>) -> Vec<u8> {
    files.map(|(name, sha256)| format!("{sha256}  {name}\n")).collect::<String>().into_bytes()
}

/// `LISEZMOI.txt`. The same for every bundle but its first lines, and without any measured value: it is covered by the
/// seal like everything else.
pub(super) fn readme(reference: &str, essai: bool) -> Vec<u8> {
    let warning = if essai {
        "ESSAI : ce fichier a été scellé avec des clés d'essai. Il ne prouve rien et ne doit pas être produit en justice.\n\n"
    } else {
        ""
    };
    format!("Dossier {reference}\n\n{warning}{README_BODY}").into_bytes()
}

const README_BODY: &str = "\
Ce fichier est un conteneur ASiC-E (ETSI EN 319 162) : une archive zip dont le contenu est scellé.
Il se lit et se contrôle sans le logiciel qui l'a produit.

CE QU'IL CONTIENT
  constat.json      l'inventaire scellé : parties, matériel et réglages mesurés, chaque pièce et ses empreintes,
                    ce qui manque et pourquoi
  capture.wacz      les échanges du réseau, rejouables avec https://replayweb.page (ouvrir ce fichier ou celui-ci)
  journal.jsonl     le journal des opérations ; chaque ligne porte l'empreinte de la précédente
  screens/ …        les pièces : images, documents, téléchargements, mesures
  disclosure/       le secret qui permet d'en faire une copie caviardée ; une telle copie ne le contient pas
  SHA256SUMS        les empreintes SHA-256 de tous les fichiers, sauf celui-ci et ceux de META-INF
  META-INF/         les sceaux : ASiCManifest001.xml (empreintes de tous les fichiers) et sa signature CAdES
                    signature001.p7s ; s'il y en a un second, ASiCManifest002.xml et son jeton timestamp002.tst ;
                    et si le scellé a été prolongé, ASiCArchiveManifest*.xml, chacun avec son jeton timestamp*.tst ;
                    anchor-* : d'autres preuves, sur l'empreinte SHA-256 de signature001.p7s, dont le sceau ne dépend pas
                    (.ots : OpenTimestamps, « ots info » ; .tlog-proof : journal de l'étude, c2sp.org/tlog-proof)

CONTRÔLER AVEC DES OUTILS PUBLICS (coreutils, unzip, openssl 3)
  1. Déplier dans un dossier vide :
       unzip NOM.asice -d dossier && cd dossier
  2. Les fichiers sont ceux de la liste :
       sha256sum -c SHA256SUMS
  3. La liste est celle que le sceau couvre : chaque DigestValue de META-INF/ASiCManifest001.xml est l'empreinte
     SHA-256, en base64, du fichier nommé par URI. Pour un fichier :
       openssl dgst -sha256 -binary constat.json | base64
  4. Le sceau est valable (racine.pem : la racine de l'autorité de certification, obtenue d'elle et non d'ici) :
       openssl cms -verify -cades -binary -inform DER -in META-INF/signature001.p7s \\
         -content META-INF/ASiCManifest001.xml -CAfile racine.pem -purpose any -out /dev/null
     Le sceau porte l'état de ses certificats quand il a pu être obtenu ; pour le contrôler aussi, ajouter : -crl_check_all
  5. L'heure du sceau : le jeton est dans signature001.p7s (attribut 1.2.840.113549.1.9.16.2.14) :
       openssl cms -cmsout -print -noout -inform DER -in META-INF/signature001.p7s
     Le second jeton, s'il existe (tsa.pem : la racine de l'autorité d'horodatage) :
       openssl ts -verify -token_in -in META-INF/timestamp002.tst -data META-INF/ASiCManifest002.xml -CAfile tsa.pem
     De même pour chaque ASiCArchiveManifest*.xml : SigReference y nomme son jeton.
     Après l'expiration d'un certificat, ajouter -attime SECONDES (heure du sceau, en secondes depuis 1970).
  6. Le journal : la valeur \"prev\" de chaque ligne est l'empreinte SHA-256 de la ligne précédente sans son saut de
     ligne. Pour la première et la deuxième ligne :
       sed -n 1p journal.jsonl | tr -d '\\n' | sha256sum
       sed -n 2p journal.jsonl
";
