//! The road of one event: a list of named steps, read from a definition. Each may change a draft or end it.

use serde::Deserialize;

use crate::draft::{Context, Draft, Fault};

pub(crate) mod authenticate;
pub(crate) mod bot;
pub(crate) mod consent;
pub(crate) mod dedup;
pub(crate) mod enrich;
pub(crate) mod filter;
pub(crate) mod identity;
pub(crate) mod parse;
pub(crate) mod plan;
pub(crate) mod pseudonymise;
pub(crate) mod sessionise;
pub(crate) mod spool;
pub(crate) mod validate;

pub(crate) use enrich::Agents;
pub(crate) use sessionise::Sessioniser;

/// A step that sees one draft at a time.
pub(crate) trait Step {
    /// Changes the draft, or says why it ends here.
    fn apply(&self, draft: &mut Draft, context: &Context<'_>) -> Result<(), Fault>;
}

/// A step as written in a definition.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum StepSpec {
    Authenticate(authenticate::Authenticate),
    Parse(parse::Parse),
    Filter(filter::Filter),
    Validate(validate::Validate),
    Plan(plan::KeepPlanned),
    Consent(consent::Consents),
    Bot(bot::Bot),
    Pseudonymise(pseudonymise::Pseudonymise),
    Identity(identity::Identity),
    Sessionise(sessionise::Sessionise),
    Enrich(enrich::Enrich),
    Dedup(dedup::Dedup),
    Spool(spool::SpoolStep),
}

impl StepSpec {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Authenticate(_) => "authenticate",
            Self::Parse(_) => "parse",
            Self::Filter(_) => "filter",
            Self::Validate(_) => "validate",
            Self::Plan(_) => "plan",
            Self::Consent(_) => "consent",
            Self::Bot(_) => "bot",
            Self::Pseudonymise(_) => "pseudonymise",
            Self::Identity(_) => "identity",
            Self::Sessionise(_) => "sessionise",
            Self::Enrich(_) => "enrich",
            Self::Dedup(_) => "dedup",
            Self::Spool(_) => "spool",
        }
    }

    /// The step, where it works draft by draft. The others see a whole request or a whole group of them.
    fn per_draft(&self) -> Option<&dyn Step> {
        match self {
            Self::Validate(step) => Some(step),
            Self::Plan(step) => Some(step),
            Self::Consent(step) => Some(step),
            Self::Bot(step) => Some(step),
            Self::Pseudonymise(step) => Some(step),
            Self::Identity(step) => Some(step),
            Self::Sessionise(step) => Some(step),
            Self::Enrich(step) => Some(step),
            Self::Authenticate(_)
            | Self::Parse(_)
            | Self::Filter(_)
            | Self::Dedup(_)
            | Self::Spool(_) => None,
        }
    }
}

/// Sends a draft through the steps in the definition's order.
pub(crate) fn run(
    steps: &[StepSpec],
    draft: &mut Draft,
    context: &Context<'_>,
) -> Result<(), Fault> {
    steps.iter().filter_map(StepSpec::per_draft).try_for_each(|step| step.apply(draft, context))
}
