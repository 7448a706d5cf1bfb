//! What can go wrong in delivery.

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChannelError {
    /// A delivery definition that is not valid.
    #[error("delivery definition: {0}")]
    Definition(String),
    /// A test inside a definition that does not hold.
    #[error(
        "delivery definition: test '{name}' expected '{expected}' but the policy says '{actual}'"
    )]
    DefinitionTest {
        /// The test.
        name: String,
        /// What it expects.
        expected: String,
        /// What the policy decides.
        actual: String,
    },
    /// A push subscription that must not be used.
    #[error("push subscription: {field}: {reason}")]
    Target {
        /// `endpoint`, `keys.p256dh` or `keys.auth`.
        field: &'static str,
        /// Why, without repeating the value: an endpoint is a secret.
        reason: &'static str,
    },
    /// A payload longer than a push service must accept.
    #[error("push payload has {actual} bytes, at most {limit} are possible")]
    PayloadTooLarge {
        /// Its length.
        actual: usize,
        /// The limit.
        limit: usize,
    },
    /// Encryption that failed.
    #[error("push payload could not be encrypted")]
    Encryption,
    /// A signing key or a contact that is not valid.
    #[error("vapid: {0}")]
    Vapid(&'static str),
    /// The HTTP client could not be built.
    #[error("http client could not be built")]
    Client(#[source] reqwest::Error),
    /// A feed that could not be written.
    #[error("feed could not be written: {0}")]
    Feed(String),
    /// A change of state that is not allowed.
    #[error("a delivery that is {from} cannot become {to}")]
    Transition {
        /// The present state.
        from: &'static str,
        /// The refused one.
        to: &'static str,
    },
    /// A lease that ran out or was never given: somebody else works on the job now.
    #[error("the lease on job {0} is not held")]
    LeaseLost(i64),
    /// The same idempotency key with another content.
    #[error("the idempotency key was used before for another message")]
    IdempotencyMismatch,
    /// The store behind a port failed.
    #[error("store: {0}")]
    Store(String),
}
