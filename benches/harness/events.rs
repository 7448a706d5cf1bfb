//! A request of events as a browser's tracker sends it.

use bytes::Bytes;

use crate::client::AGENT;
use crate::load::Call;

/// `POST /v1/events` with that body.
pub(crate) fn post(body: Bytes) -> Call {
    Call {
        method: "POST",
        path: "/v1/events".to_owned(),
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("user-agent", AGENT.to_owned()),
            ("accept-language", "zh-CN".to_owned()),
        ],
        body,
    }
}
