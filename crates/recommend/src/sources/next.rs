//! What people go on to from here, right now: the stream's candidates in the order its ranker gives them.

use vocab::{ItemId, ReasonCode};

use crate::candidate::{About, Candidate, Signal};
use crate::context::Context;
use crate::pipeline::stage::Source;
use crate::streaming::Next as Found;

/// The source.
#[derive(Debug)]
pub struct Next {
    /// Most candidates.
    pub limit: usize,
}

impl Source for Next {
    fn name(&self) -> &'static str {
        "next"
    }

    fn enable(&self, context: &Context<'_>) -> bool {
        context.world.streaming().is_some()
    }

    fn candidates(&self, context: &Context<'_>) -> Vec<Candidate> {
        let Some(streaming) = context.world.streaming() else { return Vec::new() };
        let catalogue = context.world.catalogue();
        let id = |place| &catalogue.at(place).id;
        let done = |in_session: bool| {
            context.did.iter().filter(move |did| did.in_session == in_session).map(|did| did.item)
        };
        // The page itself is where the visit is.
        let visit: Vec<&ItemId> = context.item.into_iter().chain(done(true)).map(id).collect();
        let earlier: Vec<&ItemId> = done(false).map(id).collect();
        let last = visit.first().and_then(|item| catalogue.place(item));
        let request = context.request();
        let place = (request.channel, context.region());
        let fits =
            |item: &ItemId| catalogue.place(item).is_some_and(|place| super::fits(context, place));
        let found = streaming.next(&visit, &earlier, place, request.now, self.limit, &fits);
        // From the page alone nothing of a person is known.
        let is_personal = !context.did.is_empty();
        let candidate = |next: Found| {
            let about = last.filter(|_| next.from_visit).map_or(About::Nothing, About::Item);
            let code = match (next.from_visit, is_personal) {
                (true, true) => ReasonCode::Session,
                (true, false) => ReasonCode::Similar,
                (false, _) => ReasonCode::Trending,
            };
            let signal = Signal {
                source: self.name(),
                code,
                score: next.score,
                share: 0.0,
                about,
                personal: next.from_visit && is_personal,
            };
            Some(Candidate::new(catalogue.place(&next.item)?, signal))
        };
        found.into_iter().filter_map(candidate).collect()
    }
}
