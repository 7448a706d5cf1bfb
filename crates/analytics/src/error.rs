//! What is wrong with a question, and in which of its fields.

/// Why a question has no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// A field is missing, unknown, of the wrong type or out of range.
    #[error("{field}: {detail}")]
    Field {
        /// Path of the field as the caller wrote it, for example `steps[1].event`.
        field: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The question is not an object of fields at all.
    #[error("a question is an object with the field `question`: {0}")]
    Shape(String),
}

impl QueryError {
    pub(crate) fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Field { field: field.into(), detail: detail.into() }
    }
}
