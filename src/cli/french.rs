//! The words clap itself would say in English, said in French: headings, help flags, mistakes of usage.
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory};

use super::Cli;
use crate::exit::Exit;
use crate::failure::Failure;

const TEMPLATE: &str = "{about-with-newline}\nUsage : {usage}\n\n{all-args}{after-help}";

/// The command line, every heading in French.
pub(crate) fn command() -> Command {
    let version = Arg::new("version").short('V').long("version").action(ArgAction::Version).help("Affiche la version");
    localised(Cli::command()).disable_version_flag(true).arg(version)
}

fn localised(command: Command) -> Command {
    let help = Arg::new("aide").short('h').long("help").visible_alias("aide").action(ArgAction::Help);
    let mut command = command
        .disable_help_flag(true)
        .arg(help.help("Affiche cette aide").help_heading("Options"))
        .help_template(TEMPLATE)
        .subcommand_help_heading("Verbes")
        .subcommand_value_name("VERBE")
        .mut_args(with_default);
    let verbs: Vec<String> = command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    for verb in verbs {
        command = command.mut_subcommand(verb, localised);
    }
    command
}

/// Says the default value of an option in French.
fn with_default(arg: Arg) -> Arg {
    let values: Vec<String> = arg.get_default_values().iter().map(|v| v.to_string_lossy().into_owned()).collect();
    if values.is_empty() || !arg.get_action().takes_values() {
        return arg;
    }
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    arg.hide_default_value(true).help(format!("{help} [par défaut : {}]", values.join(" ")))
}

/// A mistake of usage as the user reads it; `None` for help and version, which are not mistakes.
pub(crate) fn mistake(error: &clap::Error) -> Option<Failure> {
    let code = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => return None,
        ErrorKind::MissingRequiredArgument => "cli.usage_missing",
        ErrorKind::UnknownArgument => "cli.usage_unknown",
        ErrorKind::InvalidSubcommand => "cli.usage_verb",
        ErrorKind::InvalidValue | ErrorKind::ValueValidation | ErrorKind::InvalidUtf8 => "cli.usage_value",
        ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues | ErrorKind::NoEquals => {
            "cli.usage_value"
        }
        ErrorKind::ArgumentConflict => "cli.usage_conflict",
        _ => "cli.usage",
    };
    Some(Failure::new(code, Exit::Usage, detail(error)))
}

/// What the user wrote, and what was near it.
fn detail(error: &clap::Error) -> String {
    let kinds = [
        (ContextKind::InvalidArg, ""),
        (ContextKind::InvalidSubcommand, ""),
        (ContextKind::InvalidValue, "valeur : "),
        (ContextKind::PriorArg, "déjà donné : "),
        (ContextKind::ValidValue, "valeurs admises : "),
        (ContextKind::SuggestedArg, "proche de : "),
        (ContextKind::SuggestedSubcommand, "proche de : "),
        (ContextKind::SuggestedValue, "proche de : "),
    ];
    let said = kinds.iter().filter_map(|(kind, label)| {
        let words = words(error.get(*kind)?)?;
        Some(format!("{label}{words}"))
    });
    let said: Vec<String> = said.collect();
    if said.is_empty() { "ligne de commande incomplète".into() } else { said.join(" ; ") }
}

fn words(value: &ContextValue) -> Option<String> {
    let text = match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join(" "),
        _ => return None,
    };
    let one_line = crate::output::printable(&text);
    (!one_line.is_empty()).then_some(one_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &[&str]) -> String {
        let error = command().try_get_matches_from(line).unwrap_err();
        mistake(&error).map(|failure| format!("{} {}", failure.code(), failure.what())).unwrap_or(error.to_string())
    }

    #[test]
    fn no_english_is_left_in_any_help() {
        fn walk(command: &mut Command) {
            let help = command.render_long_help().to_string();
            for english in ["Usage:", "Commands", "Print help", "[default", "Print version"] {
                assert!(!help.contains(english), "{english} in the help of {}:\n{help}", command.get_name());
            }
            command.get_subcommands_mut().for_each(walk);
        }
        let mut command = command();
        command.build();
        command.clone().debug_assert();
        walk(&mut command);
    }

    #[test]
    fn no_verb_takes_the_name_of_an_option_that_is_everywhere() {
        fn walk(command: &Command, known: &[String]) {
            let own: Vec<_> = command.get_arguments().collect();
            for arg in own.iter().filter(|arg| !arg.is_global_set()) {
                let name = arg.get_id().to_string();
                assert!(!known.contains(&name), "{name} means two things in {}", command.get_name());
            }
            let globals = own.iter().filter(|arg| arg.is_global_set()).map(|arg| arg.get_id().to_string());
            let known: Vec<_> = known.iter().cloned().chain(globals).collect();
            command.get_subcommands().for_each(|verb| walk(verb, &known));
        }
        walk(&Cli::command(), &[]);
    }

    #[test]
    fn a_mistake_names_what_is_wrong() {
        assert!(said(&["constat", "verifier"]).starts_with("cli.usage_missing"), "{}", said(&["constat", "verifier"]));
        let unknown = said(&["constat", "capturer", "x", "--dossier", "y"]);
        assert!(unknown.starts_with("cli.usage_unknown") && unknown.contains("--dossiers"), "{unknown}");
        let verb = said(&["constat", "captuer"]);
        assert!(verb.starts_with("cli.usage_verb") && verb.contains("capturer"), "{verb}");
        assert!(said(&["constat", "--help"]).contains("Verbes"));
    }
}
