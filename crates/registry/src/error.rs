//! What can go wrong in the registry.

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// Something that is not there.
    #[error("{kind} {id} is not there")]
    NotFound {
        /// `site`, `item`, `message`, ….
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// A value that cannot be stored.
    #[error("{field}: {reason}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// Why.
        reason: String,
    },
    /// The reviewer is the editor (invariant 8).
    #[error("who wrote it may not approve it")]
    FourEyes,
    /// A step the review does not know from here.
    #[error("an item that is {from} cannot become {to}")]
    Review {
        /// The present state.
        from: &'static str,
        /// The refused one.
        to: &'static str,
    },
    /// The same idempotency key with another content.
    #[error("the idempotency key was used before with another content")]
    IdempotencyMismatch,
    /// A cursor this registry did not give out.
    #[error("cursor is not valid")]
    Cursor,
    /// A stored value this build cannot read.
    #[error("stored {what} cannot be read")]
    Corrupt {
        /// Which value.
        what: &'static str,
    },
    /// A column of a CSV file that means nothing to the catalogue.
    #[error("column {column} is not known; known are: {known}")]
    UnknownColumn {
        /// The column as it stands in the file.
        column: String,
        /// The names it could have.
        known: String,
    },
    /// A CSV file without a column that every record needs.
    #[error("no column is the {column}; it may be called: {names}")]
    MissingColumn {
        /// Our name of the column.
        column: &'static str,
        /// The names it could have.
        names: String,
    },
    /// A file that cannot be read as a catalogue from its very beginning.
    #[error("not a catalogue: {0}")]
    NotACatalogue(String),
    /// A sitemap that only lists other sitemaps.
    #[error("the sitemap lists {} other sitemaps: import those", .0.len())]
    SitemapIndex(Vec<String>),
    /// A signing key that is not valid.
    #[error(transparent)]
    Channel(#[from] channels::ChannelError),
}

impl From<RegistryError> for channels::ChannelError {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Channel(inner) => inner,
            other => Self::Store(other.to_string()),
        }
    }
}
