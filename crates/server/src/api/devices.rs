//! Devices that asked for pushes: the key to subscribe with, registering, revoking.

use axum::extract::State;
use axum::http::StatusCode;
use channels::ChannelError;
use channels::message::{PushKeys, PushSubscription};
use registry::DeliveryWishes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::visitor::Asking;
use crate::app::App;
use crate::http::extract::{Json, Path};
use crate::problem::{Answer, Kind, Problem};

/// The key browsers subscribe with.
#[derive(Debug, Serialize, ToSchema)]
pub struct PushKey {
    /// Public key on P-256 in base64url: `applicationServerKey` (RFC 8292).
    key: String,
}

/// The key browsers subscribe with.
#[utoipa::path(get, path = "/v1/push/key", tag = "deliver", responses((status = 200, body = PushKey)))]
pub async fn push_key(State(app): State<App>) -> Json<PushKey> {
    Json(PushKey { key: app.web_push.vapid().current().public().to_owned() })
}

/// A browser's subscription, as `PushSubscription.toJSON()` prints it, and how to reach its owner.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewDevice {
    /// Address at the push service; kept secret.
    endpoint: String,
    /// The browser's keys.
    keys: NewKeys,
    /// IANA time zone, for quiet hours.
    time_zone: Option<String>,
}

/// Keys in base64url.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewKeys {
    /// Public key.
    p256dh: String,
    /// Shared secret.
    auth: String,
}

/// A registered device.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeviceAnswer {
    /// Its id, to revoke it with.
    device_id: Uuid,
}

/// Registers a device. Registering the same browser again keeps its id.
#[utoipa::path(post, path = "/v1/devices", tag = "deliver", request_body = NewDevice,
    responses((status = 201, body = DeviceAnswer), (status = 422, body = crate::problem::ProblemDocument)))]
pub async fn register(
    State(app): State<App>,
    asking: Asking,
    Json(new): Json<NewDevice>,
) -> Answer<(StatusCode, Json<DeviceAnswer>)> {
    let visitor = asking.known()?;
    if asking.channel.is_shared() {
        return Err(Problem::new(Kind::Forbidden, "a kiosk is shared and takes no pushes"));
    }
    if let Some(zone) = &new.time_zone
        && jiff::tz::TimeZone::get(zone).is_err()
    {
        return Err(Problem::field("time_zone", "is not an IANA time zone"));
    }
    let subscription = PushSubscription {
        endpoint: new.endpoint,
        keys: PushKeys { p256dh: new.keys.p256dh, auth: new.keys.auth },
    };
    app.web_push.check(&subscription).await?;
    let (site, now) = (asking.site.id, app.clock.now());
    let key_id = app.web_push.vapid().current().id().to_owned();
    let device_id =
        app.registry.register_device(site, visitor, &subscription, &key_id, now).await?;
    if new.time_zone.is_some() {
        let wishes = app.registry.subject(site, visitor, now).await?.delivery;
        let wishes = DeliveryWishes { time_zone: new.time_zone, ..wishes };
        app.registry.set_delivery(site, visitor, &wishes, now).await?;
    }
    app.subjects.changed(visitor);
    Ok((StatusCode::CREATED, Json(DeviceAnswer { device_id })))
}

/// Revokes a device; only its owner can.
#[utoipa::path(delete, path = "/v1/devices/{id}", tag = "deliver", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 404, body = crate::problem::ProblemDocument)))]
pub async fn revoke(
    State(app): State<App>,
    asking: Asking,
    Path(id): Path<Uuid>,
) -> Answer<StatusCode> {
    let visitor = asking.known()?;
    if app.registry.revoke_device(asking.site.id, visitor, id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("device"))
    }
}

impl From<ChannelError> for Problem {
    fn from(error: ChannelError) -> Self {
        match error {
            ChannelError::Target { field, reason } => Self::field(field, reason),
            other => Self::internal(other),
        }
    }
}
