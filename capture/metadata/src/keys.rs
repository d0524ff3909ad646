//! Every key with its one French label.

/// Stable name of a fact, and its label for a reader.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    pub(crate) key: &'static str,
    pub(crate) label: &'static str,
}

macro_rules! keys {
    ($($name:ident $key:literal $label:literal)*) => {
        $(pub(crate) const $name: Key = Key { key: $key, label: $label };)*
        #[cfg(test)]
        const ALL: &[Key] = &[$($name),*];
    };
}

keys! {
    FIRST_OCTETS "first_octets" "Premiers octets (hexadécimal)"
    VERSION "format_version" "Version du format"
    BRAND "brand" "Marque du format"
    // Of any document
    TITLE "title" "Titre"
    AUTHOR "author" "Auteur"
    SUBJECT "subject" "Sujet"
    KEYWORDS "keywords" "Mots-clés"
    DESCRIPTION "description" "Description"
    COMMENT "comment" "Commentaire"
    CATEGORY "category" "Catégorie"
    LANGUAGE "language" "Langue"
    LAST_MODIFIED_BY "last_modified_by" "Dernière modification par"
    CREATED "created" "Date de création"
    MODIFIED "modified" "Date de modification"
    PRINTED "last_printed" "Dernière impression"
    PRINTED_BY "printed_by" "Imprimé par"
    REVISION "revision" "Numéro de révision"
    EDITING_MINUTES "editing_minutes" "Temps d'édition (minutes)"
    EDITING_DURATION "editing_duration" "Temps d'édition"
    APPLICATION "application" "Logiciel"
    APPLICATION_VERSION "application_version" "Version du logiciel"
    COMPANY "company" "Société"
    MANAGER "manager" "Responsable"
    TEMPLATE "template" "Modèle"
    PAGES "pages" "Nombre de pages"
    WORDS "words" "Nombre de mots"
    CHARACTERS "characters" "Nombre de caractères"
    SLIDES "slides" "Nombre de diapositives"
    SHEETS "sheets" "Nombre de feuilles"
    SHEET_NAMES "sheet_names" "Noms des feuilles"
    HIDDEN_SLIDES "hidden_slides" "Diapositives masquées"
    HIDDEN_SHEETS "hidden_sheets" "Feuilles masquées"
    MACROS "macros" "Contient des macros"
    COMMENTS "comments" "Nombre d'annotations"
    COMMENT_AUTHORS "comment_authors" "Auteurs des annotations"
    TRACKED "tracked_changes" "Modifications suivies"
    TRACKED_AUTHORS "tracked_authors" "Auteurs des modifications suivies"
    EXTERNAL "external_references" "Références externes"
    CUSTOM "custom_properties" "Propriétés personnalisées"
    ENCRYPTED "encrypted" "Chiffré"
    ENCRYPTION "encryption" "Chiffrement"
    // PDF
    CREATOR "creator" "Logiciel d'origine"
    PRODUCER "producer" "Logiciel de production"
    SIGNATURES "signatures" "Nombre de signatures"
    EMBEDDED "embedded_files" "Nombre de fichiers joints"
    EMBEDDED_NAMES "embedded_names" "Noms des fichiers joints"
    JAVASCRIPT "javascript" "Contient du JavaScript"
    OTHER_INFO "other_info" "Autres indications"
    // XMP
    XMP "xmp" "Métadonnées XMP"
    XMP_TITLE "xmp_title" "Titre (XMP)"
    XMP_AUTHOR "xmp_author" "Auteur (XMP)"
    XMP_SUBJECT "xmp_subject" "Description (XMP)"
    XMP_KEYWORDS "xmp_keywords" "Mots-clés (XMP)"
    XMP_CREATOR "xmp_creator" "Logiciel d'origine (XMP)"
    XMP_PRODUCER "xmp_producer" "Logiciel de production (XMP)"
    XMP_CREATED "xmp_created" "Date de création (XMP)"
    XMP_MODIFIED "xmp_modified" "Date de modification (XMP)"
    XMP_METADATA_DATE "xmp_metadata_date" "Date des métadonnées (XMP)"
    XMP_DOCUMENT "xmp_document_id" "Identifiant du document (XMP)"
    XMP_INSTANCE "xmp_instance_id" "Identifiant de l'exemplaire (XMP)"
    XMP_HISTORY "xmp_history" "Historique (XMP)"
    XMP_PDFA "xmp_pdfa" "Conformité PDF/A déclarée (XMP)"
    // ZIP
    ENTRIES "entries" "Nombre d'entrées"
    DECLARED_SIZE "declared_size" "Taille déclarée des contenus (octets)"
    ENTRY_NAMES "entry_names" "Entrées (nom, taille, date écrite)"
    ENCRYPTED_ENTRIES "encrypted_entries" "Nombre d'entrées chiffrées"
    ESCAPING "escaping_names" "Noms qui sortent du dossier"
    DUPLICATES "duplicate_names" "Noms en double"
    // Pictures
    WIDTH "width" "Largeur (pixels)"
    HEIGHT "height" "Hauteur (pixels)"
    DEPTH "bit_depth" "Bits par composante"
    COLOUR "colour" "Couleur"
    FRAMES "frames" "Nombre d'images de l'animation"
    LOOPS "loops" "Répétitions de l'animation (0 : sans fin)"
    PROFILE "colour_profile" "Profil de couleur"
    IPTC "iptc" "Métadonnées IPTC"
    PIXEL_DATE "png_time" "Date de modification (tIME)"
    TEXTS "texts" "Autres textes"
    EXIF_DATE "exif_modified" "Date de modification (EXIF)"
    EXIF_ORIGINAL "exif_original" "Date de prise de vue (EXIF)"
    EXIF_DIGITIZED "exif_digitized" "Date de numérisation (EXIF)"
    MAKE "camera_make" "Marque de l'appareil"
    MODEL "camera_model" "Modèle de l'appareil"
    SERIAL "camera_serial" "Numéro de série de l'appareil"
    OWNER "camera_owner" "Propriétaire de l'appareil"
    LENS "lens" "Objectif"
    SOFTWARE "software" "Logiciel"
    HOST "host_computer" "Ordinateur"
    ARTIST "artist" "Auteur de l'image"
    COPYRIGHT "copyright" "Mention de droits"
    ORIENTATION "orientation" "Orientation"
    GPS_LATITUDE "gps_latitude" "Latitude"
    GPS_LONGITUDE "gps_longitude" "Longitude"
    GPS_ALTITUDE "gps_altitude" "Altitude (mètres)"
    GPS_DATE "gps_date" "Date du GPS (UTC)"
    THUMBNAIL "thumbnail" "Contient une vignette"
    // Sound and film
    DURATION "duration_ms" "Durée (millisecondes)"
    TRACKS "tracks" "Pistes"
    TRACK_CREATED "track_created" "Dates de création des pistes"
    TRACK_MODIFIED "track_modified" "Dates de modification des pistes"
    TRACK_HANDLERS "track_handlers" "Noms des pistes"
    ALBUM "album" "Album"
    GENRE "genre" "Genre"
    DATE "date" "Date"
    ENCODER "encoder" "Encodeur"
    ENCODED_BY "encoded_by" "Encodé par"
    MUXING "muxing_app" "Logiciel de multiplexage"
    WRITING "writing_app" "Logiciel d'écriture"
    LOCATION "location" "Lieu"
    TAGS "tags" "Autres étiquettes"
    COVER "cover" "Contient une image de couverture"
    CODEC "codec" "Codage"
    BITRATE "bitrate_kbps" "Débit de la première trame (kbit/s)"
    SAMPLE_RATE "sample_rate" "Fréquence d'échantillonnage (Hz)"
    CHANNELS "channels" "Nombre de canaux"
    ORIGINATOR "originator" "Auteur de l'enregistrement (BWF)"
    FRAGMENTED "fragmented" "Film en fragments"
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_key_is_one_and_in_snake_case() {
        let keys: BTreeSet<_> = ALL.iter().map(|key| key.key).collect();
        assert_eq!(keys.len(), ALL.len());
        for key in ALL {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            assert!(key.key.chars().all(plain), "{}", key.key);
            assert!(!key.label.is_empty());
        }
    }
}
