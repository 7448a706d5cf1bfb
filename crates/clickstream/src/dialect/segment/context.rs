//! `context`: page, campaign, library, device, address and consent.

use std::net::IpAddr;

use vocab::Channel;

use crate::Request;
use crate::dialect::assign::assign;
use crate::dialect::fields::Fields;
use crate::draft::Draft;

/// Fills what the context tells. Nothing in it can make an event bad.
pub(super) fn read(draft: &mut Draft, fields: &Fields<'_>, request: &Request<'_>) {
    if let Some(channel) = fields.get("channel").and_then(|value| value.as_str()) {
        draft.event.channel = channel_of(channel).unwrap_or(draft.event.channel);
    }
    let context = fields.loose_object("context");
    let agent = context.as_ref().map(|c| c.loose("userAgent")).unwrap_or_default();
    let browser = request.user_agent.filter(|agent| agent.starts_with("Mozilla/"));
    draft.own_headers = browser.is_some() && (agent.is_empty() || Some(agent.as_str()) == browser);
    draft.agent = if agent.is_empty() { browser.unwrap_or_default().into() } else { agent };
    let Some(context) = context else {
        draft.ip = request.peer.filter(|_| draft.own_headers);
        return;
    };
    draft.ip = match context.loose("ip").parse::<IpAddr>() {
        // An SDK's way of saying "do not look".
        Ok(ip) if ip.is_unspecified() => None,
        Ok(ip) => Some(ip),
        Err(_) => request.peer.filter(|_| draft.own_headers),
    };
    if let Some(library) = context.loose_object("library") {
        draft.event.lib = library.loose("name");
        draft.event.lib_version = library.loose("version");
    }
    if let Some(page) = context.loose_object("page") {
        for key in ["url", "title", "referrer"] {
            if let Some(value) = page.get(key) {
                // A value of another type tells nothing.
                assign(&mut draft.event, key, value, true).ok();
            }
        }
        if draft.event.path.is_empty() {
            draft.event.path = page.loose("path");
        }
    }
    if let Some(campaign) = context.loose_object("campaign") {
        let event = &mut draft.event;
        for (field, key) in [
            (&mut event.utm_source, "source"),
            (&mut event.utm_medium, "medium"),
            (&mut event.utm_campaign, "name"),
        ] {
            let value = campaign.loose(key);
            if !value.is_empty() {
                *field = value;
            }
        }
    }
    if let Some(os) = context.loose_object("os") {
        draft.event.os = os.loose("name");
    }
    if let Some(consent) = context.loose_object("consent") {
        read_consent(draft, &consent);
    }
}

/// The library's name, for statistics.
pub(super) fn library(fields: &Fields<'_>) -> String {
    let context = fields.loose_object("context");
    let library = context.and_then(|context| context.loose_object("library"));
    library.map(|library| library.loose("name")).unwrap_or_default()
}

/// `categoryPreferences` as in Segment's consent spec, or the categories directly.
fn read_consent(draft: &mut Draft, consent: &Fields<'_>) {
    let categories = consent.loose_object("categoryPreferences");
    let categories = categories.as_ref().unwrap_or(consent);
    for (key, value) in categories.map {
        let slot = match key.to_ascii_lowercase().as_str() {
            "analytics" | "statistics" => &mut draft.stated.analytics,
            "personalisation" | "personalization" => &mut draft.stated.personalisation,
            "push" | "notifications" => &mut draft.stated.push,
            _ => continue,
        };
        *slot = value.as_bool().or(*slot);
    }
}

/// A channel by our names, or by Rudder's.
fn channel_of(name: &str) -> Option<Channel> {
    match name {
        "mobile" => Some(Channel::App),
        name => Channel::parse(name),
    }
}
