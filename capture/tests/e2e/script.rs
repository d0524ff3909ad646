//! What a script requires, unfolds, goes back to and may not do; and by what right it goes there.
use dossier::{Outcome, SessionState, op};
use fixtures::Sites;
use fixtures::sites::replies::{ASIDE, COMMENTS, REPLIES};

use crate::harness::play;

fn text_of(run: &crate::harness::Run, capture: u32) -> String {
    String::from_utf8(run.file(&format!("captures/{capture:04}-texte.txt"))).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_behind_a_button_is_unfolded_and_counted() {
    let sites = Sites::start().unwrap();
    let run = play(&format!(
        "[acces]\nmode = \"public\"\n[[etape]]\naller = \"{}/replis/\"\n[[etape]]\ndeplier = \"tout\"\n\
         [[etape]]\nexiger = {{ selecteur = \".commentaire\", nombre = {COMMENTS} }}\n\
         [[etape]]\nexiger = {{ selecteur = \".reponse\", nombre = {} }}\n[[etape]]\ncapturer = \"Fil déplié\"\n",
        sites.base(),
        COMMENTS / 3 * REPLIES
    ))
    .await;
    let ends = run.lines(&op::STEP_END);
    assert!(ends.iter().all(|end| end.outcome == Outcome::Ok), "{ends:#?}");
    let unfolded = &ends[1].data;
    // Five batches, twenty comments with two buttons each, six ends of long comments, the pinned one, three in the shadow tree,
    // and one button that brings nothing.
    assert_eq!(unfolded["clicks"], 5 + 20 * 2 + 6 + 1 + 3 + 1, "{unfolded:#?}");
    assert_eq!((&unfolded["without_effect"], &unfolded["left"]), (&1.into(), &1.into()), "{unfolded:#?}");
    assert_eq!(unfolded["buttons"]["show more replies"], 20);
    let text = text_of(&run, 1);
    for wanted in
        ["Commentaire 60.", "Réponse 5 au commentaire 57.", "La fin de ce long commentaire.", "Un commentaire épinglé."]
    {
        assert!(text.contains(wanted), "{wanted}");
    }
    assert_eq!(unfolded["buttons"]["load more"], ASIDE / 4, "those of a shadow tree too");
    assert!(run.codes().contains(&"capture.unfold_rest"), "{:?}", run.codes());
    let access = run.lines(&op::SESSION_ACCESS)[0];
    assert_eq!((access.outcome, access.text("mode")), (Outcome::Declared, Some("public")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_required_and_not_shown_ends_the_script() {
    let sites = Sites::start().unwrap();
    let run = play(&format!(
        "[[etape]]\naller = \"{}/replis/\"\n[[etape]]\nexiger = {{ texte = \"Commentaire 60.\", maximum = 1 }}\n\
         [[etape]]\ncapturer = \"Rien\"\n",
        sites.base()
    ))
    .await;
    assert_eq!(run.captured.state, SessionState::Partial);
    let ends: Vec<_> = run.lines(&op::STEP_END).iter().map(|end| (end.outcome, end.text("code"))).collect();
    let code = Some("capture.requirement");
    assert_eq!(ends, [(Outcome::Ok, None), (Outcome::Failed, code), (Outcome::NotDone, code)]);
    assert_eq!(run.lines(&op::SESSION_ACCESS)[0].outcome, Outcome::NotDone);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_before_is_come_back_to() {
    let sites = Sites::start().unwrap();
    let run = play(&format!(
        "[[etape]]\naller = \"{0}/\"\n[[etape]]\ncliquer = {{ texte = \"Forum des artisans\" }}\n[[etape]]\nrevenir = true\n\
         [[etape]]\nexiger = {{ texte = \"Bienvenue à Valbrune\" }}\n[[etape]]\nrevenir = true\n",
        sites.base()
    ))
    .await;
    let ends = run.lines(&op::STEP_END);
    assert_eq!((ends[2].outcome, ends[3].outcome), (Outcome::Ok, Outcome::Ok), "{ends:#?}");
    assert_eq!((ends[4].outcome, ends[4].text("code")), (Outcome::Failed, Some("capture.no_history")));
    assert_eq!(run.lines(&op::PAGE_REACHED)[2].data["url"], format!("{}/", sites.base()));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_account_is_opened_and_nothing_is_bought() {
    let sites = Sites::start().unwrap();
    for (steps, code, kind) in [
        (
            "aller = \"{}/inscription/\"\n[[etape]]\nsaisir = { selecteur = \"#nom\", texte = \"Me Essai\" }",
            "capture.signup_form",
            "signup",
        ),
        (
            "aller = \"{}/inscription/\"\n[[etape]]\ncliquer = { selecteur = \"#creer\" }",
            "capture.signup_form",
            "signup",
        ),
        (
            "aller = \"{}/commande/\"\n[[etape]]\ncliquer = { selecteur = \"#payer\" }",
            "capture.checkout_form",
            "checkout",
        ),
    ] {
        let steps = steps.replace("{}", &sites.base());
        let run = play(&format!("[[etape]]\n{steps}\n[[etape]]\ncapturer = \"Après\"\n")).await;
        let ends = run.lines(&op::STEP_END);
        assert_eq!((ends[1].outcome, ends[1].text("code")), (Outcome::Failed, Some(code)), "{ends:#?}");
        assert_eq!(ends[1].data["form"]["kind"], kind);
        assert_eq!((ends[2].outcome, ends[2].text("code")), (Outcome::NotDone, Some(code)));
    }
    assert!(sites.requests().iter().all(|request| request.method != "POST"));
    // What is put in a basket is not bought; a search is no order.
    let run = play(&format!(
        "[[etape]]\naller = \"{0}/commande/\"\n[[etape]]\ncliquer = {{ selecteur = \"#panier\" }}\n\
         [[etape]]\naller = \"{0}/formulaire/\"\n[[etape]]\nsaisir = {{ selecteur = \"#q\", texte = \"lampe\" }}\n",
        sites.base()
    ))
    .await;
    let ends = run.lines(&op::STEP_END);
    assert!(ends.iter().all(|end| end.outcome == Outcome::Ok), "{ends:#?}");
    assert_eq!((&ends[1].data["form"]["kind"], &ends[3].data["form"]["kind"]), (&"none".into(), &"search".into()));
}
