//! What can go wrong with the index.

/// A failure of the index; never caused by what a visitor typed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// The index engine failed: storage, a corrupt file, a lock held by another process.
    #[error("the search index failed: {0}")]
    Engine(#[from] tantivy::TantivyError),
    /// The directory cannot be opened as an index.
    #[error("the search index cannot be opened: {0}")]
    Open(#[from] tantivy::directory::error::OpenDirectoryError),
    /// The directory cannot be created.
    #[error("the search index directory cannot be created: {0}")]
    Directory(#[from] std::io::Error),
    /// The conversion dictionaries inside the binary cannot be read.
    #[error("the dictionaries cannot be loaded: {0}")]
    Dictionary(String),
    /// A stored card cannot be read back.
    #[error("a stored document cannot be read: {0}")]
    Card(#[from] serde_json::Error),
    /// The suggestion automaton cannot be built.
    #[error("the suggestions cannot be built: {0}")]
    Suggestions(#[from] fst::Error),
}
