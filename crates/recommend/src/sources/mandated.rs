//! Emergencies, items every site must carry, and editors' choices: the same for everybody.

use serde::Deserialize;
use vocab::{ReasonCode, SiteId};

use crate::candidate::{About, Candidate, Signal};
use crate::context::Context;
use crate::filters;
use crate::pipeline::stage::Source;
use crate::world::Ordered;

/// The source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mandated {
    /// Most candidates.
    pub limit: usize,
    /// Only what every site must carry: emergencies and editors' choices have sources of their own in the definition.
    #[serde(default)]
    pub only: bool,
}

impl Source for Mandated {
    fn name(&self) -> &'static str {
        "mandated"
    }

    fn is_needed(&self) -> bool {
        true
    }

    fn candidates(&self, context: &Context<'_>) -> Vec<Candidate> {
        let all = [ReasonCode::Emergency, ReasonCode::Mandated, ReasonCode::Curated];
        let wanted = if self.only { &all[1..2] } else { &all[..] };
        orders(context, self.name(), wanted, self.limit)
    }
}

/// The orders of some kinds that are meant for this list, in their order; `limit` does not cut emergencies.
pub(super) fn orders(
    context: &Context<'_>,
    source: &'static str,
    wanted: &[ReasonCode],
    limit: usize,
) -> Vec<Candidate> {
    let request = context.request();
    let catalogue = context.world.catalogue();
    let mut out: Vec<Candidate> = Vec::new();
    let mut others = 0;
    for order in &context.world.live.ordered {
        let meant = wanted.contains(&order.code)
            && (order.pipeline.is_empty() || order.pipeline == context.pipeline)
            && (order.site == SiteId(0) || request.site == SiteId(0) || order.site == request.site)
            && order.until.is_none_or(|until| until > request.now)
            && suits(context, order);
        let same = |candidate: &Candidate| {
            catalogue.at(candidate.item).same == catalogue.at(order.place).same
        };
        // What an earlier page gave or an editor blocked must not use up the limit.
        let gone = context.is_given(order.place)
            || (order.code != ReasonCode::Emergency
                && context.world.live.hand.is_blocked(context, order.place));
        if !meant || gone || out.iter().any(same) {
            continue;
        }
        // Emergencies are few and never cut, and they take nothing from the others.
        if order.code != ReasonCode::Emergency {
            if others == limit {
                break;
            }
            others += 1;
        }
        let signal = Signal {
            source,
            code: order.code,
            score: 1.0,
            share: 0.0,
            about: About::Nothing,
            personal: false,
        };
        out.push(Candidate::new(order.place, signal));
    }
    out
}

/// An emergency reaches every audience; otherwise what a filter would remove must not use up a slot.
fn suits(context: &Context<'_>, order: &Ordered) -> bool {
    let entry = context.world.catalogue().at(order.place);
    entry.is_recommendable(context.now)
        && filters::site::suits(context, entry)
        && filters::region::suits(context, entry)
        && (order.code == ReasonCode::Emergency || filters::audience::suits(context, entry))
}
