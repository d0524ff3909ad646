//! `A-LIRE.txt` and `rejeu/LISEZMOI.txt`: what each file is, how it is checked, what the whole proves; true of this bundle only.
use std::fmt::Write as _;

use sealer::{PREPARE, Verdict};

use super::page::Shown;
use super::text::{self, plain};
use super::words;

/// Where the text is folded.
const WIDTH: usize = 96;

/// The command that replays the bundle of the folder.
pub(super) fn replay_command(shown: &Shown<'_>) -> String {
    format!("constat rejouer {} --ancres racines/", shown.beside.bundle.0)
}

/// The guide.
pub(super) fn guide(shown: &Shown<'_>) -> String {
    let mut out = Text::default();
    out.line(&format!("Dossier {} — pièces remises", plain(shown.reference(), text::SENTENCE)));
    out.line("");
    warnings(shown, &mut out);
    files(shown, &mut out);
    checks(shown, &mut out);
    by_hand(shown, &mut out);
    proves(shown, &mut out);
    out.0
}

/// How the pages are opened again.
pub(super) fn replay(shown: &Shown<'_>) -> String {
    let bundle = &shown.beside.bundle.0;
    let mut out = Text::default();
    out.line("Rouvrir les pages hors ligne");
    out.line("");
    out.para("Le scellé contient les échanges du réseau (capture.wacz). Un navigateur refuse de les rejouer depuis une page ouverte \
              comme un fichier : un programme doit les servir. Deux façons :");
    out.title("AVEC CONSTAT (depuis le dossier qui contient le scellé)");
    out.code(&replay_command(shown));
    out.para(
        "Le scellé est vérifié, puis rejoué dans un navigateur qui n'atteint que cette machine. Le moteur de rejeu \
              (ReplayWeb.page) s'installe à part : « constat rejouer --help ».",
    );
    out.title("AVEC REPLAYWEB.PAGE (sans constat)");
    out.para("Sortir l'archive du scellé, qui est un zip (sous Windows : copier le scellé, renommer la copie en .zip, l'ouvrir) :");
    out.code(&format!("unzip {bundle} capture.wacz"));
    out.para("puis ouvrir capture.wacz dans l'application ReplayWeb.page, ou sur https://replayweb.page, qui lit le fichier dans le \
              navigateur. Cela ne vérifie pas le sceau.");
    out.para("Le rejeu éclaire les captures, il ne les remplace pas : les images, les textes et les échanges scellés font seuls référence. Dans \
              un rejeu, un lien vers ce qui n'a pas été capturé peut mener hors de l'archive : un clic contacterait alors le site.");
    out.0
}

/// A text being written, folded.
#[derive(Default)]
struct Text(String);

impl Text {
    fn line(&mut self, line: &str) {
        let _ = writeln!(self.0, "{line}");
    }

    fn title(&mut self, title: &str) {
        let _ = writeln!(self.0, "{title}\n");
    }

    fn para(&mut self, words: &str) {
        self.folded(words, "", "");
        self.0.push('\n');
    }

    /// A file or a point of a list, its words aligned.
    fn entry(&mut self, name: &str, words: &str) {
        if name.chars().count() > 24 {
            self.line(&format!("  {name}"));
            self.folded(words, &" ".repeat(28), &" ".repeat(28));
        } else {
            self.folded(words, &format!("  {name:<26}"), &" ".repeat(28));
        }
    }

    fn point(&mut self, words: &str) {
        self.folded(words, "  - ", "    ");
    }

    /// A command stands on one line, to be copied whole.
    fn code(&mut self, command: &str) {
        let _ = writeln!(self.0, "    {command}\n");
    }

    fn folded(&mut self, words: &str, first: &str, next: &str) {
        let mut line = first.to_owned();
        let mut empty = true;
        for word in words.split(' ').filter(|word| !word.is_empty()) {
            if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.line(line.trim_end());
                next.clone_into(&mut line);
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(word);
            empty = false;
        }
        self.line(line.trim_end());
    }
}

fn warnings(shown: &Shown<'_>, out: &mut Text) {
    if shown.verification.facts.essai == Some(true) {
        out.para("ESSAI : ce dossier est scellé avec des clés d'essai. Il ne prouve rien et ne doit pas être produit en justice.");
    }
    if let Some(list) = shown.withheld {
        out.para(&format!(
            "COPIE CAVIARDÉE : le scellé remis est une copie, non l'original. {} fichier(s) et {} enregistrement(s) en ont été retirés ; \
             motifs déclarés : {}.",
            list.files.len(),
            list.withheld_records(),
            plain(&list.reasons().join(" ; "), text::WORDS)
        ));
    }
    if let Some(motive) = shown.motive {
        out.para(&format!(
            "VERDICT INDÉTERMINÉ : le scellé a été remis malgré tout. Motif déclaré : {}.",
            plain(motive, text::WORDS)
        ));
    }
    let (legal, utc) = words::moment(shown.at);
    let word = match shown.verification.verdict {
        Verdict::Pass => "PASS (le scellé est valable)",
        Verdict::Indeterminate => "INDETERMINATE (une question est restée sans réponse)",
        Verdict::Fail => "FAIL (le scellé n'est pas valable)",
    };
    out.para(&format!("Verdict de constat {} sur le scellé : {word}, le {legal} ({utc}).", env!("CARGO_PKG_VERSION")));
}

fn files(shown: &Shown<'_>, out: &mut Text) {
    let beside = &shown.beside;
    let (bundle, _) = &beside.bundle;
    out.title("CE QUE CONTIENT CE DOSSIER");
    out.entry("index.html", "la visite des captures, à ouvrir dans un navigateur ; elle ne charge rien d'ailleurs");
    out.entry(
        &beside.pv.0,
        &format!(
            "le {} (PDF) ; il joint l'inventaire scellé et imprime l'empreinte du scellé",
            beside.pv_title.to_lowercase()
        ),
    );
    out.entry(bundle, "le scellé : toutes les pièces, le journal, les échanges du réseau, la signature et les jetons d'horodatage ; c'est lui qui se contrôle");
    if let Some(record) = &beside.record {
        out.entry(record, "la preuve d'archivage du scellé (RFC 4998)");
    }
    out.entry("verify.html", "un vérificateur en une page, à ouvrir dans un navigateur, hors ligne");
    out.entry(
        "racines/",
        "les certificats racines avec lesquels le verdict a été donné (voir l'avertissement plus bas)",
    );
    out.entry(
        "captures/",
        "images, vignettes, textes et pages (MHTML) tirés du scellé, chacun contrôlé à l'extraction",
    );
    if !shown.gathered.film.is_empty() {
        out.entry("films/", "les segments du film de la session, tirés du scellé");
    }
    if !shown.gathered.downloads.is_empty() {
        out.entry("telechargements/", "les fichiers reçus du site, sous des noms neutres : à ouvrir avec prudence");
    }
    out.entry("rejeu/LISEZMOI.txt", "comment rouvrir les pages hors ligne");
    out.entry("SHA256SUMS", "l'empreinte de chaque fichier de ce dossier, sauf de lui-même");
    out.line("");
    out.para(
        "Un fichier MHTML ouvert dans un navigateur montre la page avec ses liens : y cliquer contacterait le site.",
    );
}

fn checks(shown: &Shown<'_>, out: &mut Text) {
    let (bundle, digests) = &shown.beside.bundle;
    let (pv, _) = &shown.beside.pv;
    out.title("CONTRÔLER SANS RIEN INSTALLER");
    out.para(&format!(
        "Ouvrir verify.html dans un navigateur récent (essayé avec Chromium), y déposer {bundle} et les certificats de racines/, et lire \
         le verdict. Rien n'est envoyé : la page ne peut joindre aucun serveur. Une page remise avec ce qu'elle contrôle se vérifie \
         elle aussi : la même est obtenue d'une autre source par « constat verifier --page DIR »."
    ));
    out.title("CONTRÔLER AVEC CONSTAT");
    out.code(&format!("constat verifier {bundle} {pv} --ancres racines/"));
    out.title("CONTRÔLER LES EMPREINTES");
    out.code("sha256sum -c SHA256SUMS");
    out.para("Sous Windows, fichier par fichier, à comparer avec la liste SHA256SUMS :");
    out.code(&format!("certutil -hashfile {bundle} SHA256"));
    out.para(&format!(
        "Empreinte SHA-256 du scellé : {}. Elle est imprimée au {} quand le scellé est l'original.",
        digests.sha256,
        shown.beside.pv_title.to_lowercase()
    ));
    out.title("LES CERTIFICATS RACINES");
    out.para("Une racine remise avec le dossier ne prouve rien par elle-même : son empreinte est à comparer avec celle que publie \
              l'autorité qui l'a émise, ou la racine à obtenir de cette autorité.");
    for root in &shown.beside.roots {
        out.line(&format!("  racines/{}", root.name));
        out.line(&format!("      {}", plain(&root.subject, text::SENTENCE)));
        out.line(&format!("      SHA-256 {}", root.sha256));
    }
    out.line("");
}

/// The commands that the verification itself gives for this bundle.
fn by_hand(shown: &Shown<'_>, out: &mut Text) {
    let bundle = &shown.beside.bundle.0;
    let here = |command: &str| command.replace("SCELLE.asice", bundle).replace("RACINES", "racines");
    out.title("REFAIRE CHAQUE CONTRÔLE À LA MAIN (unzip, sha256sum, openssl 3)");
    out.para("D'abord, une fois, dans le dossier qui contient ce fichier ; les commandes suivantes se donnent ensuite au même endroit :");
    out.code(&here(PREPARE));
    for claim in &shown.verification.claims {
        if claim.redo.is_empty() {
            continue;
        }
        out.para(&format!("{} [{} ; {}]", claim.sentence, claim.answer.word(), claim.reference));
        claim.redo.iter().for_each(|command| out.code(&here(command)));
    }
}

fn proves(shown: &Shown<'_>, out: &mut Text) {
    let seal = &shown.verification.facts;
    let valid = shown.verification.verdict == Verdict::Pass;
    out.title("CE QUE CELA PROUVE");
    if seal.essai == Some(true) {
        out.point("Rien : les clés sont d'essai. Ce qui suit vaudrait avec de vraies clés.");
    }
    if valid {
        out.point("Les fichiers du scellé sont, octet pour octet, ceux que le titulaire du certificat a signés.");
        out.point("Le journal des opérations n'a été ni complété, ni amputé, ni réécrit depuis.");
        match seal.timestamps.iter().map(|token| token.gen_time).min() {
            Some(at) => out
                .point(&format!("Le sceau existait le {} ({at}), heure certifiée par un tiers.", words::moment(at).0)),
            None => out.point("Le scellé ne porte pas d'horodatage : sa date n'est que déclarée."),
        }
    } else {
        out.point("Ce que le verdict tient pour établi, question par question, et rien de plus : voir index.html, « Constatations ».");
    }
    out.point("Les images, textes et échanges sont ceux que le logiciel a enregistrés dans son navigateur, aux heures du journal.");
    out.line("");
    out.title("CE QUE CELA NE PROUVE PAS");
    out.point("Que ce que disent les pages est vrai, ni qui en est l'auteur.");
    out.point("Que d'autres visiteurs voyaient la même chose, ni depuis quand, ni jusqu'à quand.");
    out.point("Que la machine de capture n'était pas faussée : ses mesures sont dans le scellé, mais qui la maîtrisait pouvait la faire mentir.");
    out.point("Ce qui n'a pas été gardé : la liste en est dans le scellé et dans index.html, « Ce qui manque ».");
    if !shown.manifest.session.attended {
        out.point("Qu'un officier ait constaté : aucun n'assistait la session. Le document est un relevé technique, non un procès-verbal de constat.");
    }
    for line in &shown.beside.signatures {
        out.point(&format!("{line} : ce que prouve cette signature, et rien de plus."));
    }
    if shown.beside.signatures.is_empty() {
        out.point(&format!(
            "Qu'un officier ait signé le {} : aucune signature n'y a été contrôlée.",
            shown.beside.pv_title.to_lowercase()
        ));
    }
    if seal.qualification.is_none() {
        out.point("Que le signataire ou les autorités d'horodatage soient qualifiés au sens du règlement eIDAS : aucune liste de confiance n'a été consultée.");
    }
    if shown.withheld.is_some() {
        out.point("Ce que disaient les parties retirées de cette copie : seul l'original le montre.");
    }
}
