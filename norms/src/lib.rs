//! What a norm asks, as data, and the loop that compares it with a dossier
