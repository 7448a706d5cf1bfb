//! Emergencies, items every site must carry, and editors' choices: the same for everybody.

use vocab::{ReasonCode, SiteId};

use crate::candidate::{About, Candidate, Signal};
use crate::context::Context;
use crate::filters;
use crate::pipeline::stage::Source;
use crate::world::Ordered;

/// The source.
#[derive(Debug)]
pub struct Mandated {
    /// Most candidates.
    pub limit: usize,
}

impl Source for Mandated {
    fn name(&self) -> &'static str {
        "mandated"
    }

    fn is_needed(&self) -> bool {
        true
    }

    fn candidates(&self, context: &Context<'_>) -> Vec<Candidate> {
        let request = context.request();
        let catalogue = context.world.catalogue();
        let mut out: Vec<Candidate> = Vec::new();
        let mut others = 0;
        for order in &context.world.live.ordered {
            let meant = (order.pipeline.is_empty() || order.pipeline == context.pipeline)
                && (order.site == SiteId(0)
                    || request.site == SiteId(0)
                    || order.site == request.site)
                && order.until.is_none_or(|until| until > request.now)
                && suits(context, order);
            let same = |candidate: &Candidate| {
                catalogue.at(candidate.item).same == catalogue.at(order.place).same
            };
            if !meant || out.iter().any(same) {
                continue;
            }
            // Emergencies are few and never cut, and they take nothing from the others.
            if order.code != ReasonCode::Emergency {
                if others == self.limit {
                    break;
                }
                others += 1;
            }
            let signal = Signal {
                source: self.name(),
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
}

/// An emergency reaches every audience; otherwise what a filter would remove must not use up a slot.
fn suits(context: &Context<'_>, order: &Ordered) -> bool {
    let entry = context.world.catalogue().at(order.place);
    entry.is_recommendable(context.now)
        && filters::site::suits(context, entry)
        && filters::region::suits(context, entry)
        && (order.code == ReasonCode::Emergency || filters::audience::suits(context, entry))
}
