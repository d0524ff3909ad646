//! The index that the demonstration leaves: what happened, what was made, how to check it again.
use super::Bilan;

/// `LISEZ-MOI.txt`.
pub(super) fn texte(bilan: &Bilan) -> String {
    let mut out = String::from("DÉMONSTRATION DE LA SIGNIFICATION PAR VOIE ÉLECTRONIQUE\n\n");
    out.push_str(bilan.portee);
    out.push_str(
        "\nTout est d'essai : étude, destinataire, clés. L'étude et le destinataire sont joués par le même programme ; le \
         serveur de messagerie, les signatures et les jetons sont réels.\n\n",
    );
    out.push_str(&format!("Consentement : {}\nActe : {}\n", bilan.consentement, bilan.acte));
    out.push_str("Les commandes se lancent depuis ce dossier ; chacune doit finir sans erreur.\n");
    for etape in &bilan.etapes {
        out.push_str(&format!("\n{}. {}\n\n   {}\n", etape.numero, etape.titre, etape.recit.replace('\n', "\n   ")));
        if !etape.produits.is_empty() {
            let list: Vec<String> = etape.produits.iter().map(|p| p.display().to_string()).collect();
            out.push_str(&format!("   Fichiers : {}\n", list.join(", ")));
        }
        for command in &etape.verifier {
            out.push_str(&format!("   $ {command}\n"));
        }
    }
    out
}
