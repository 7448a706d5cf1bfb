//! Who may see the console and change content: a bearer token, or this machine when none is set.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header;
use axum::http::request::Parts;
use sha2::{Digest as _, Sha256};

use crate::app::App;
use crate::problem::{Kind, Problem};

/// Proof that the caller may use the staff's API.
#[derive(Clone, Copy, Debug)]
pub struct Staff;

impl FromRequestParts<App> for Staff {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = &app.config.http.admin_token;
        if token.is_empty() {
            let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
            return match peer {
                Some(ConnectInfo(peer)) if peer.ip().is_loopback() => Ok(Self),
                _ => Err(Problem::new(
                    Kind::Forbidden,
                    "without http.admin_token only this machine may",
                )),
            };
        }
        let given = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .unwrap_or_default();
        // Comparing digests takes the same time wherever the tokens differ.
        if Sha256::digest(given) == Sha256::digest(token) {
            Ok(Self)
        } else {
            Err(Problem::new(Kind::Unauthorized, "the bearer token is missing or wrong")
                .with_error("authorization", "expected `Bearer <http.admin_token>`"))
        }
    }
}
