//! In which order steps may stand: nothing is pseudonymised before consent is known, no visit is found before a pseudonym.

use super::Source;
use crate::steps::StepSpec;

/// Says what is missing, too many, or in the wrong place.
pub(super) fn check_order(source: Source, steps: &[StepSpec]) -> Result<(), String> {
    let names: Vec<&str> = steps.iter().map(StepSpec::name).collect();
    let required: &[&str] = match source {
        Source::Native | Source::Segment | Source::Sensors | Source::Matomo => &[
            "authenticate",
            "parse",
            "validate",
            "plan",
            "consent",
            "bot",
            "pseudonymise",
            "identity",
            "sessionise",
            "enrich",
            "dedup",
            "spool",
        ],
        Source::Log => {
            &["parse", "filter", "bot", "pseudonymise", "sessionise", "enrich", "dedup", "spool"]
        }
    };
    for name in required {
        match names.iter().filter(|found| *found == name).count() {
            1 => {}
            0 => return Err(format!("step {name} is missing")),
            _ => return Err(format!("step {name} is there twice")),
        }
    }
    if let Some(other) = names.iter().find(|name| !required.contains(name)) {
        return Err(format!("step {other} does not belong to this dialect"));
    }
    let place = |name: &str| names.iter().position(|found| *found == name);
    // Only `bot` and `enrich` may stand elsewhere: nothing needs what they find.
    let fixed: Vec<_> = required.iter().filter(|n| !matches!(**n, "bot" | "enrich")).collect();
    for pair in fixed.windows(2) {
        if let [before, after] = pair
            && place(before) > place(after)
        {
            return Err(format!("step {before} must come before {after}"));
        }
    }
    let (parsed, stored) = (place("parse"), place("dedup"));
    if ["bot", "enrich"].iter().any(|name| place(name) < parsed || place(name) > stored) {
        return Err("bot and enrich stand between parse and dedup".into());
    }
    Ok(())
}
