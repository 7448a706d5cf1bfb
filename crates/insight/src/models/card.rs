//! The model's card: what it is, what it was made of, how good it says it is, in Markdown.

use jiff::Timestamp;

use super::Models;
use crate::evaluate::HeldOut;

impl Models {
    /// A short Markdown card for the console, the auditor and the transparency page.
    pub fn card(&self) -> String {
        let meta = &self.meta;
        let day = |ms: i64| {
            Timestamp::from_millisecond(ms).map_or_else(|_| "unknown".to_owned(), |t| t.to_string())
        };
        let lines = [
            format!("# Model {}", self.digest8()),
            String::new(),
            format!("- data: {} to {}", day(meta.first_ms), day(meta.last_ms)),
            format!(
                "- learnt from {} uses of {} items by {} visitors, and {} texts",
                meta.uses,
                self.items.len(),
                meta.visitors,
                meta.texts
            ),
            format!(
                "- left out as robots: {} visitors, {} uses",
                meta.robots, meta.robot_uses
            ),
            format!(
                "- factors: {} dimensions, {} stored visitors, {:.1} MB, seed {}",
                self.factors.dim(),
                self.factors.visitors().len(),
                self.factors.bytes() as f64 / 1e6,
                meta.params.seed
            ),
            format!(
                "- neighbours: {} edges by people, {} edges by visits",
                self.neighbours.similar.edges(),
                self.neighbours.covisit.edges()
            ),
            format!("- needs: {}", meta.needs),
            format!(
                "- content: {} items nobody used are offered by their texts; agreement on items held out {:.2}",
                self.content.cold().len(),
                meta.metric("content.agreement").unwrap_or_default()
            ),
            format!("- held out: {}", HeldOut::of(meta).unwrap_or_default()),
            "- not used: age, sex, ethnicity, health, religion, precise place; sensitive needs are never inferred"
                .to_owned(),
            format!("- digest: {}", meta.digest),
        ];
        lines.join("\n") + "\n"
    }
}
