//! Seals a closed dossier, verifies a sealed bundle
