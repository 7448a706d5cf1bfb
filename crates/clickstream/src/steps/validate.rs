//! Step 3: names, ids, lengths and the clock.

use jiff::SignedDuration;
use serde::Deserialize;

use super::Step;
use crate::DropReason;
use crate::draft::{Context, Draft, Fault};

/// Bounds of an event.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Validate {
    /// How far in the future an event may lie before it is set to the time of arrival.
    pub(crate) future_clamp: SignedDuration,
    /// Clock error beyond which the sender's own time is kept in `props.original_ts`.
    pub(crate) keep_original_after: SignedDuration,
    /// Age beyond which an event is refused as a clock error; offline terminals send late.
    pub(crate) max_age: SignedDuration,
    /// Characters of a name.
    pub(crate) max_name: usize,
    /// Characters of any other text; the rest is cut off.
    pub(crate) max_text: usize,
    /// Ids many SDKs send for "nobody".
    pub(crate) nobody: Vec<String>,
}

impl Default for Validate {
    fn default() -> Self {
        Self {
            future_clamp: SignedDuration::from_hours(23),
            keep_original_after: SignedDuration::from_mins(5),
            max_age: SignedDuration::from_hours(24 * 400),
            max_name: 64,
            max_text: 1_024,
            nobody: Vec::new(),
        }
    }
}

impl Step for Validate {
    fn apply(&self, draft: &mut Draft, context: &Context<'_>) -> Result<(), Fault> {
        self.check_name(draft)?;
        self.check_ids(draft)?;
        self.set_time(draft, context)?;
        self.cut_texts(draft);
        let event = &mut draft.event;
        event.site = context.site.key.site;
        event.received_at = context.received_at;
        Ok(())
    }
}

impl Validate {
    fn check_name(&self, draft: &Draft) -> Result<(), Fault> {
        let name = &draft.event.name;
        if name.is_empty() {
            return Err(draft.fault(DropReason::MissingField, "name", "a name is required"));
        }
        if name.chars().count() > self.max_name {
            let detail = format!("a name has at most {} characters", self.max_name);
            return Err(draft.fault(DropReason::BadValue, "name", detail));
        }
        Ok(())
    }

    fn check_ids(&self, draft: &mut Draft) -> Result<(), Fault> {
        for id in [&mut draft.anonymous, &mut draft.person] {
            let text = id.trim();
            if text.len() > 512 || self.nobody.iter().any(|none| none.eq_ignore_ascii_case(text)) {
                id.clear();
            }
        }
        if draft.anonymous.trim().is_empty() && draft.person.trim().is_empty() {
            let detail = "anonymous_id or user_id is required and must name somebody";
            return Err(draft.fault(DropReason::MissingField, "anonymous_id", detail));
        }
        Ok(())
    }

    /// Corrects the sender's clock: `ts = received − (sent − original)` (Segment's rule), never far in the future.
    fn set_time(&self, draft: &mut Draft, context: &Context<'_>) -> Result<(), Fault> {
        let received = context.received_at;
        let original = draft.event.ts;
        let mut ts = match draft.sent_at {
            Some(sent) => received.checked_sub(sent.duration_since(original)).unwrap_or(received),
            None => original,
        };
        if ts.duration_since(received) > self.future_clamp {
            ts = received;
            draft.warn("future_clamped", "ts");
        }
        if received.duration_since(ts) > self.max_age {
            return Err(draft.fault(DropReason::BadValue, "ts", "lies too far in the past"));
        }
        if ts.duration_since(original).abs() > self.keep_original_after {
            draft.event.props.insert("original_ts".into(), original.to_string());
        }
        draft.event.ts = ts;
        Ok(())
    }

    fn cut_texts(&self, draft: &mut Draft) {
        let max = self.max_text;
        let event = &mut draft.event;
        for text in [
            &mut event.lib,
            &mut event.lib_version,
            &mut event.host,
            &mut event.path,
            &mut event.title,
            &mut event.ref_host,
            &mut event.ref_path,
            &mut event.utm_source,
            &mut event.utm_medium,
            &mut event.utm_campaign,
            &mut event.region,
            &mut event.item_id,
            &mut event.item_kind,
            &mut event.column_id,
            &mut event.topic,
            &mut event.dept,
            &mut event.rec_id,
            &mut event.rec_policy,
            &mut event.search_q,
            &mut event.service_id,
            &mut event.service_step,
        ] {
            cut(text, max);
        }
    }
}

/// Cuts to `max` characters, never inside one.
pub(super) fn cut(text: &mut String, max: usize) {
    if text.len() > max
        && let Some((end, _)) = text.char_indices().nth(max)
    {
        text.truncate(end);
    }
}
