//! Takes out what has no title in the language of the page; emergencies stay.

use vocab::{Lang, ReasonCode};

use crate::candidate::Candidate;
use crate::context::Context;
use crate::pipeline::stage::{Filter, Filtered, split};

/// The filter.
#[derive(Debug)]
pub struct Language;

impl Filter for Language {
    fn name(&self) -> &'static str {
        "language"
    }

    fn filter(&self, context: &Context<'_>, candidates: Vec<Candidate>) -> Filtered {
        let catalogue = context.world.catalogue();
        split(candidates, |candidate| {
            let title = &catalogue.at(candidate.item).title;
            let spoken = match context.request().lang {
                Lang::Zh => !title.zh.is_empty(),
                Lang::En => !title.en.is_empty(),
            };
            spoken || candidate.reserved() == Some(ReasonCode::Emergency)
        })
    }
}
