//! A line of JSON, as nginx writes it with `log_format … escape=json`, under the names its variables have.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::Line;
use super::combined::{blank, parse_time, request_parts};

/// nginx's variables, and what operators call them.
#[derive(Deserialize)]
struct Object<'a> {
    #[serde(
        borrow,
        default,
        alias = "client_ip",
        alias = "clientip",
        alias = "client",
        alias = "c_ip",
        alias = "ip"
    )]
    remote_addr: Option<Cow<'a, str>>,
    #[serde(borrow, default, alias = "x_forwarded_for")]
    http_x_forwarded_for: Option<Cow<'a, str>>,
    #[serde(
        default,
        alias = "time_local",
        alias = "msec",
        alias = "@timestamp",
        alias = "timestamp",
        alias = "time"
    )]
    time_iso8601: Option<Value>,
    #[serde(borrow, default)]
    request: Option<Cow<'a, str>>,
    #[serde(borrow, default, alias = "method")]
    request_method: Option<Cow<'a, str>>,
    #[serde(borrow, default, alias = "uri", alias = "url", alias = "path")]
    request_uri: Option<Cow<'a, str>>,
    #[serde(default)]
    status: Option<Value>,
    #[serde(borrow, default, alias = "referer", alias = "referrer")]
    http_referer: Option<Cow<'a, str>>,
    #[serde(borrow, default, alias = "user_agent", alias = "agent")]
    http_user_agent: Option<Cow<'a, str>>,
    #[serde(borrow, default, alias = "http_host", alias = "server_name")]
    host: Option<Cow<'a, str>>,
}

pub(super) fn parse(line: &[u8]) -> Result<Line<'_>, &'static str> {
    let object: Object<'_> = serde_json::from_slice(line)
        .map_err(|_| "expected a JSON object with nginx's variables, each once")?;
    // Behind a proxy everybody has the proxy's address.
    let forwarded = object.http_x_forwarded_for.filter(|list| !matches!(&**list, "" | "-"));
    let forwarded = forwarded.map(|list| match list.split_once(',') {
        Some((first, _)) => Cow::Owned(first.trim().to_owned()),
        None => list,
    });
    let visitor = forwarded.or(object.remote_addr).filter(|address| !address.is_empty());
    let time = object.time_iso8601.ok_or("expected a time: time_iso8601, time_local or msec")?;
    let ts = time_of(&time).ok_or("expected a time: time_iso8601, time_local or msec")?;
    let status = match object.status {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    let (method, target) = match (object.request_method, object.request_uri, object.request) {
        (Some(method), Some(target), _) => (bytes(method), bytes(target)),
        (_, _, Some(request)) => {
            let parts = request_parts(request.as_bytes()).ok_or("expected a method and a path")?;
            (Cow::Owned(parts.0.to_vec()), Cow::Owned(parts.1.to_vec()))
        }
        _ => return Err("expected `request`, or `request_method` and `request_uri`"),
    };
    let text = |text: Option<Cow<'_, str>>| {
        let text = text.unwrap_or_default();
        Cow::Owned(blank(text.as_bytes()).to_vec())
    };
    Ok(Line {
        visitor: bytes(visitor.ok_or("expected `remote_addr`")?),
        ts,
        method,
        target,
        status: status
            .and_then(|status| u16::try_from(status).ok())
            .ok_or("expected a `status`")?,
        referrer: text(object.http_referer),
        agent: text(object.http_user_agent),
        host: text(object.host),
    })
}

fn bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// RFC 3339, the Common Log Format's time, or seconds since 1970 with fractions.
fn time_of(value: &Value) -> Option<Timestamp> {
    let seconds =
        |seconds: f64| Timestamp::from_millisecond((seconds * 1_000.0).round() as i64).ok();
    match value {
        Value::Number(number) => seconds(number.as_f64()?),
        Value::String(text) => {
            let parsed = text.parse().ok().or_else(|| parse_time(text.as_bytes()));
            parsed.or_else(|| seconds(text.parse().ok()?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nginxs_variables_are_read() {
        let line = parse(br#"{"time_iso8601":"2026-05-28T20:26:39+08:00","remote_addr":"203.0.113.9","request":"GET /a?x=1 HTTP/2.0","status":"200","body_bytes_sent":512,"http_referer":"-","http_user_agent":"Moz \"x\"","host":"www.x.gov.cn"}"#).unwrap();
        assert_eq!(line.ts.to_string(), "2026-05-28T12:26:39Z");
        assert_eq!((&*line.method, &*line.target, line.status), (&b"GET"[..], &b"/a?x=1"[..], 200));
        assert_eq!(
            (&*line.agent, &*line.referrer, &*line.host),
            (&b"Moz \"x\""[..], &b""[..], &b"www.x.gov.cn"[..])
        );
    }

    #[test]
    fn behind_a_proxy_the_forwarded_address_is_the_visitors() {
        let line = parse(br#"{"msec":"1779999999.250","remote_addr":"10.0.0.1","http_x_forwarded_for":"203.0.113.9, 10.0.0.7","request_method":"GET","request_uri":"/","status":304}"#).unwrap();
        assert_eq!(
            (&*line.visitor, line.ts.as_millisecond()),
            (&b"203.0.113.9"[..], 1_779_999_999_250)
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = |text: &str| parse(text.as_bytes()).unwrap_err();
        assert!(error("{}").contains("a time"));
        assert!(error(r#"{"msec":1,"remote_addr":"a","status":200}"#).contains("request_method"));
        assert!(error(r#"{"msec":1,"request":"GET /","status":200}"#).contains("remote_addr"));
        assert!(error(r#"{"msec":1,"request":"GET /","remote_addr":"a"}"#).contains("status"));
        assert!(error("{torn").contains("JSON"));
    }
}
