//! The capture engine: a browser, a scenario, a dossier
