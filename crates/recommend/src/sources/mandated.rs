//! Emergencies, items every site must carry, and editors' choices: the same for everybody.

use vocab::{ReasonCode, SiteId};

use crate::candidate::{About, Candidate, Signal};
use crate::context::Context;
use crate::pipeline::stage::Source;

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
        let mut out: Vec<Candidate> = Vec::new();
        for order in &context.world.live.ordered {
            let meant = (order.pipeline.is_empty() || order.pipeline == context.pipeline)
                && (order.site == SiteId(0)
                    || request.site == SiteId(0)
                    || order.site == request.site)
                && order.until.is_none_or(|until| until > request.now)
                && context.world.catalogue().at(order.place).is_recommendable(context.now);
            if !meant || out.iter().any(|candidate| candidate.item == order.place) {
                continue;
            }
            // Emergencies are few and never cut.
            if out.len() >= self.limit && order.code != ReasonCode::Emergency {
                break;
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
