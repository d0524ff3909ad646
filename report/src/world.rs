//! The typesetter's whole world: our templates, our fonts, the data, the pictures. Nothing on disk, no network, no date.
use std::collections::BTreeMap;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use crate::ReportError;

/// A closed world of named files.
pub(crate) struct ClosedWorld {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    main: FileId,
    sources: BTreeMap<String, Source>,
    files: BTreeMap<String, Bytes>,
}

fn id_of(path: &str) -> Result<FileId, ReportError> {
    let path = VirtualPath::new(path).map_err(|e| ReportError::Layout { why: format!("{path}: {e:?}") })?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

impl ClosedWorld {
    /// A world whose main file is `main`, among `templates`.
    pub(crate) fn new(
        main: &str,
        templates: &BTreeMap<String, String>,
        files: BTreeMap<String, Vec<u8>>,
    ) -> Result<Self, ReportError> {
        let fonts = crate::fonts::all();
        let mut sources = BTreeMap::new();
        for (name, text) in templates {
            sources.insert(name.clone(), Source::new(id_of(name)?, text.clone()));
        }
        Ok(Self {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            main: id_of(main)?,
            sources,
            files: files.into_iter().map(|(name, bytes)| (name, Bytes::new(bytes))).collect(),
        })
    }
}

impl World for ClosedWorld {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let path = id.get().vpath().get_without_slash();
        self.sources.get(path).cloned().ok_or_else(|| FileError::NotFound(path.into()))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let path = id.get().vpath().get_without_slash();
        self.files.get(path).cloned().ok_or_else(|| FileError::NotFound(path.into()))
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }

    // The date of a document is that of its facts: a template cannot ask for another.
    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}
