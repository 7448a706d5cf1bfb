//! Who may speak to the engine: one user with one password, in any of the ways ClickHouse accepts them.

use base64::Engine as _;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::exception::{Exception, Raised};
use crate::hello::Credentials;

/// Checks the credentials of a request: `Authorization: Basic`, `X-ClickHouse-User`/`-Key`, or `user`/`password`.
///
/// # Errors
/// `REQUIRED_PASSWORD` (401) when none are given, `AUTHENTICATION_FAILED` (403) when they are wrong.
pub(crate) fn check(
    expected: &Credentials,
    headers: &HeaderMap,
    parameter: impl Fn(&str) -> Option<String>,
) -> Result<(), Exception> {
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let (user, password) = if let Some(basic) = basic(headers) {
        basic
    } else {
        let user = header("x-clickhouse-user").or_else(|| parameter("user"));
        let password = header("x-clickhouse-key").or_else(|| parameter("password"));
        let Some(password) = password else {
            return Err(Raised::RequiredPassword.because("A password is required"));
        };
        (user.unwrap_or_else(|| "default".to_owned()), password)
    };
    let good = same(&user, &expected.user) & same(&password, &expected.password);
    if good {
        return Ok(());
    }
    Err(Raised::AuthenticationFailed.because(
        "Authentication failed: password is incorrect, or there is no user with such name",
    ))
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = base64::prelude::BASE64_STANDARD.decode(encoded.trim()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// Compares without telling by its duration where the difference is.
fn same(given: &str, expected: &str) -> bool {
    let difference = given.bytes().zip(expected.bytes()).fold(0, |d, (a, b)| d | (a ^ b));
    (difference == 0) & (given.len() == expected.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(headers: &[(&str, &str)], parameters: &[(&str, &str)]) -> Option<u32> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(
                http::HeaderName::try_from(*name).expect("name"),
                value.parse().expect("value"),
            );
        }
        let expected = Credentials { user: "default".to_owned(), password: "secret".to_owned() };
        let parameter =
            |name: &str| parameters.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        check(&expected, &map, parameter).err().map(|e| e.code)
    }

    #[test]
    fn the_password_is_taken_from_any_of_the_three_places() {
        assert_eq!(code(&[("authorization", "Basic ZGVmYXVsdDpzZWNyZXQ=")], &[]), None);
        assert_eq!(code(&[("x-clickhouse-key", "secret")], &[]), None);
        assert_eq!(code(&[], &[("user", "default"), ("password", "secret")]), None);
    }

    #[test]
    fn a_wrong_or_missing_password_is_refused() {
        assert_eq!(code(&[], &[]), Some(194));
        assert_eq!(code(&[("x-clickhouse-key", "secre")], &[]), Some(516));
        assert_eq!(
            code(&[("x-clickhouse-user", "x"), ("x-clickhouse-key", "secret")], &[]),
            Some(516)
        );
        assert_eq!(
            code(&[("authorization", "Basic ZGVmYXVsdDo=")], &[("password", "secret")]),
            Some(516)
        );
    }
}
