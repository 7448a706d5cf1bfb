//! Common and Combined Log Format, as bytes: `host ident user [time] "request" status bytes "referrer" "agent"`.
//!
//! Format: Apache httpd documentation, "Log Files".

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::Line;

/// Reads a line, or says what is missing.
pub(super) fn parse(line: &[u8]) -> Result<Line<'_>, &'static str> {
    let (host, rest) = split(line, b" ").ok_or("expected a host")?;
    if host.is_empty() {
        return Err("expected a host");
    }
    let (names, rest) = split(rest, b"[").ok_or("expected a time in brackets")?;
    if is_named_twice(host, names) {
        return Err(
            "expected `host ident user [time]`: another field stands before the visitor's address",
        );
    }
    let (time, rest) = split(rest, b"] ").ok_or("expected a time in brackets")?;
    let ts = parse_time(time).ok_or("expected a time like 01/Aug/1995:00:00:00 -0400")?;
    let rest = rest.strip_prefix(b"\"").ok_or("expected a request in quotes")?;
    // Requests contain quotes, some servers do not escape them: the quote that a status follows ends it.
    let end = (0..rest.len())
        .find(|at| status_follows(&rest[*at..]))
        .ok_or("expected a request in quotes and a status")?;
    let (request, rest) = (&rest[..end], &rest[end + 2..]);
    let status = rest.iter().take(3).fold(0, |sum, digit| sum * 10 + u16::from(*digit - b'0'));
    let (method, target) = request_parts(request).ok_or("expected a method and a path")?;
    let after_status = rest.get(3..).unwrap_or_default();
    let (referrer, agent) = match split(after_status, b"\"") {
        None => (&b""[..], &b""[..]),
        Some((_, rest)) => {
            let (referrer, rest) = quoted(rest);
            let agent = split(rest, b"\"").map_or(&b""[..], |(_, rest)| quoted(rest).0);
            (blank(referrer), blank(agent))
        }
    };
    Ok(Line {
        visitor: host.into(),
        ts,
        method: method.into(),
        target: target.into(),
        status,
        referrer: referrer.into(),
        agent: agent.into(),
        host: Cow::default(),
    })
}

/// Whether another address follows the first field (a virtual host's name, a syslog prefix): taken for the visitor, that
/// field would make one person of everybody.
fn is_named_twice(host: &[u8], names: &[u8]) -> bool {
    let is_address = |token: &[u8]| {
        std::str::from_utf8(token).is_ok_and(|token| token.parse::<std::net::IpAddr>().is_ok())
    };
    !is_address(host) && names.split(|byte| *byte == b' ').any(is_address)
}

/// `" 200 ` or `" 200` at the end.
fn status_follows(rest: &[u8]) -> bool {
    let [b'"', b' ', a, b, c, after @ ..] = rest else {
        return false;
    };
    [a, b, c].into_iter().all(u8::is_ascii_digit) && matches!(after.first(), None | Some(b' '))
}

/// Method and target; HTTP/0.9 has no version, and targets may contain spaces.
pub(super) fn request_parts(request: &[u8]) -> Option<(&[u8], &[u8])> {
    let (method, rest) = split(request, b" ")?;
    if method.is_empty() || !method.iter().all(u8::is_ascii_alphabetic) {
        return None;
    }
    let end = rest.windows(6).rposition(|part| part == b" HTTP/").unwrap_or(rest.len());
    let target = rest[..end].trim_ascii();
    (!target.is_empty()).then_some((method, target))
}

/// The text before the next quote that is not escaped, and what follows that quote.
fn quoted(rest: &[u8]) -> (&[u8], &[u8]) {
    let mut escaped = false;
    for (at, byte) in rest.iter().enumerate() {
        match byte {
            b'\\' if !escaped => escaped = true,
            b'"' if !escaped => return (&rest[..at], &rest[at + 1..]),
            _ => escaped = false,
        }
    }
    (rest, b"")
}

pub(super) fn blank(text: &[u8]) -> &[u8] {
    if text == b"-" { b"" } else { text }
}

fn split<'a>(text: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let found = text.windows(at.len()).position(|part| part == at)?;
    Some((&text[..found], &text[found + at.len()..]))
}

/// `01/Aug/1995:00:00:00 -0400`.
pub(super) fn parse_time(text: &[u8]) -> Option<Timestamp> {
    const MONTHS: [&[u8; 3]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec",
    ];
    let [d1, d2, b'/', m @ .., b' ', sign, z1, z2, z3, z4] = text else {
        return None;
    };
    let [m1, m2, m3, b'/', y1, y2, y3, y4, b':', h1, h2, b':', n1, n2, b':', s1, s2] = m else {
        return None;
    };
    let number = |digits: &[u8]| -> Option<i16> {
        digits.iter().try_fold(0_i16, |sum, digit| {
            digit.is_ascii_digit().then(|| sum * 10 + i16::from(digit - b'0'))
        })
    };
    let small = |a: &u8, b: &u8| number(&[*a, *b]).and_then(|n| i8::try_from(n).ok());
    let month = MONTHS.iter().position(|name| **name == [*m1, *m2, *m3])?;
    let year = number(&[*y1, *y2, *y3, *y4])?;
    let second = small(s1, s2)?.min(59);
    let civil = DateTime::new(
        year,
        i8::try_from(month).ok()? + 1,
        small(d1, d2)?,
        small(h1, h2)?,
        small(n1, n2)?,
        second,
        0,
    );
    let seconds = i32::from(small(z1, z2)?) * 3600 + i32::from(small(z3, z4)?) * 60;
    let seconds = match sign {
        b'+' => seconds,
        b'-' => -seconds,
        _ => return None,
    };
    Offset::from_seconds(seconds).ok()?.to_timestamp(civil.ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_common_line_is_read() {
        let line = parse(
            br#"h.example - - [01/Aug/1995:00:00:01 -0400] "GET /a b.html HTTP/1.0" 200 1713"#,
        )
        .unwrap();
        assert_eq!(line.ts.to_string(), "1995-08-01T04:00:01Z");
        assert_eq!(
            (&*line.method, &*line.target, line.status),
            (&b"GET"[..], &b"/a b.html"[..], 200)
        );
        assert_eq!(&*line.agent, b"");
    }

    #[test]
    fn a_combined_line_keeps_escaped_quotes() {
        let line = parse(br#"1.2.3.4 - anna [29/Feb/2024:23:59:60 +0800] "GET /q?x=1" 304 - "http://a.example/" "Moz \"x\" illa" "8.8.8.8""#).unwrap();
        assert_eq!(&*line.agent, br#"Moz \"x\" illa"#);
        assert_eq!(&*line.referrer, b"http://a.example/");
        assert_eq!(line.ts.to_string(), "2024-02-29T15:59:59Z");
    }

    #[test]
    fn unescaped_quotes_in_a_request_do_not_end_it() {
        let line =
            parse(br#"h - - [01/Aug/1995:00:00:01 -0400] "GET /x"><a HTTP/1.0" 404 -"#).unwrap();
        assert_eq!(&*line.target, br#"/x"><a"#);
    }

    #[test]
    fn a_field_before_the_visitors_address_is_not_the_visitor() {
        let rest = r#"203.0.113.9 - - [01/Aug/1995:00:00:01 -0400] "GET /a HTTP/1.0" 200 5"#;
        assert!(parse(rest.as_bytes()).is_ok());
        for prefix in ["www.x.gov.cn:443", "Oct 10 08:00:00 web nginx:"] {
            let error = parse(format!("{prefix} {rest}").as_bytes()).unwrap_err();
            assert!(error.contains("host ident user"), "{error}");
        }
        // An address as the name a user gave is a user's name.
        assert!(parse(format!("10.0.0.1 {rest}").as_bytes()).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_line_or_not(bytes in proptest::collection::vec(0_u8.., 0..200)) {
            parse(&bytes).ok();
        }

        #[test]
        fn a_damaged_line_never_panics(at in 0_usize..80, byte in 0_u8..) {
            let mut line = br#"h.example - - [01/Aug/1995:00:00:01 -0400] "GET /a HTTP/1.0" 200 1713 "-" "x""#.to_vec();
            if let Some(slot) = line.get_mut(at) { *slot = byte; }
            parse(&line).ok();
        }
    }
}
