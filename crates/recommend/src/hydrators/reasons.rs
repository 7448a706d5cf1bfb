//! Puts the leading signal into words, in both languages (invariant 6).

use vocab::{Reason, ReasonCode, Text};

use crate::candidate::{About, Candidate, Signal};
use crate::context::Context;
use crate::pipeline::stage::Hydrator;

/// The hydrator.
#[derive(Debug)]
pub struct Reasons;

impl Hydrator for Reasons {
    fn name(&self) -> &'static str {
        "reasons"
    }

    fn hydrate(&self, context: &Context<'_>, selected: &mut [Candidate]) {
        for candidate in selected {
            candidate.reason = candidate.lead().map(|signal| reason(context, signal));
        }
    }
}

fn reason(context: &Context<'_>, signal: &Signal) -> Reason {
    let base = context.base();
    let name = match &signal.about {
        About::Nothing => Text::default(),
        About::Need(need) => {
            base.taxonomy.needs.get(usize::from(*need)).map(vocab::Need::name).unwrap_or_default()
        }
        About::Item(place) => base.catalogue.at(*place).title.clone(),
        About::Words(words) => Text::new(words.as_ref(), words.as_ref()),
        // The name of a division is not known here, and the page says which it is.
        About::Among(part) if part.division > 99 => Text::new("本地", "in this division"),
        About::Among(part) if part.division != 0 => Text::new("本省", "in this province"),
        About::Among(_) => Text::new("同一渠道", "on this channel"),
    };
    let about = Text::new(name.get(vocab::Lang::Zh), name.get(vocab::Lang::En));
    if about == Text::default()
        && matches!(
            signal.code,
            ReasonCode::Need | ReasonCode::Session | ReasonCode::Similar | ReasonCode::Content
        )
    {
        // A sentence with an empty name would say nothing.
        return Reason::new(ReasonCode::Popular, &about);
    }
    Reason::new(signal.code, &about)
}
