//! What a citizen sees and decides: needs with their evidence, tags, agreements, the switch, export, erasure.

pub mod needs;
pub mod rights;
pub mod subscriptions;

use axum::extract::State;
use axum::http::StatusCode;
use registry::ConsentRecord;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocab::{Consent, PrivacyMode};

use crate::api::visitor::Asking;
use crate::app::App;
use crate::http::extract::Json;
use crate::problem::Answer;
use needs::NeedView;
use subscriptions::Follow;

/// Version of the purposes the embedded pages show; a new one asks again.
pub const PURPOSES: &str = "2026-1";

/// What was agreed to.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Agreements {
    /// Behaviour may be counted.
    pub analytics: bool,
    /// Behaviour may build a profile.
    pub personalisation: bool,
    /// Messages may be sent.
    pub push: bool,
}

impl From<Consent> for Agreements {
    fn from(consent: Consent) -> Self {
        Self {
            analytics: consent.contains(Consent::ANALYTICS),
            personalisation: consent.contains(Consent::PERSONALISATION),
            push: consent.contains(Consent::PUSH),
        }
    }
}

impl From<Agreements> for Consent {
    fn from(agreed: Agreements) -> Self {
        let bits = [
            (agreed.analytics, Self::ANALYTICS),
            (agreed.personalisation, Self::PERSONALISATION),
            (agreed.push, Self::PUSH),
        ];
        bits.into_iter()
            .filter(|(set, _)| *set)
            .fold(Self::default(), |sum, (_, bit)| sum.with(bit))
    }
}

/// The personalisation switch.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// Whether personalisation is on.
    pub on: bool,
}

/// Everything the engine holds about the visitor, in words.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeAnswer {
    /// How far answers are personal right now.
    #[schema(value_type = String)]
    mode: PrivacyMode,
    /// The switch.
    personalisation: Switch,
    /// What was agreed to.
    consent: Agreements,
    /// Needs, declared and inferred, with their evidence.
    needs: Vec<NeedView>,
    /// What is followed.
    subscriptions: Vec<Follow>,
}

/// What the engine holds about the visitor.
#[utoipa::path(get, path = "/v1/me", tag = "me", responses((status = 200, body = MeAnswer)))]
pub async fn me(State(app): State<App>, asking: Asking) -> Answer<Json<MeAnswer>> {
    asking.known()?;
    Ok(Json(MeAnswer {
        mode: asking.mode,
        personalisation: Switch { on: !asking.subject.switched_off },
        consent: asking.subject.consent.into(),
        needs: needs::of(&app, &asking),
        subscriptions: subscriptions::of(&app, &asking),
    }))
}

/// Records what the visitor agrees to; withdrawing is the same call and holds from the next request on.
#[utoipa::path(put, path = "/v1/me/consent", tag = "me", request_body = Agreements, responses((status = 204)))]
pub async fn consent(
    State(app): State<App>,
    asking: Asking,
    Json(agreed): Json<Agreements>,
) -> Answer<StatusCode> {
    let visitor = asking.known()?;
    let now = app.clock.now();
    let record = ConsentRecord {
        consent: agreed.into(),
        purpose_version: PURPOSES.to_owned(),
        text_hash: String::new(),
        channel: asking.channel,
        given_at: now,
    };
    app.registry.record_consent(asking.site.id, visitor, &record).await?;
    app.subjects.changed(visitor);
    if !agreed.personalisation {
        // The profile in memory goes at once; what the visitor does next starts a session.
        app.visitors.forget(visitor);
        app.streaming.forget(visitor);
        app.outcomes.forget(visitor);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Switches personalisation on or off (Algorithm Provisions, article 17); holds from the next request on.
#[utoipa::path(put, path = "/v1/me/personalisation", tag = "me", request_body = Switch, responses((status = 204)))]
pub async fn personalisation(
    State(app): State<App>,
    asking: Asking,
    Json(switch): Json<Switch>,
) -> Answer<StatusCode> {
    let visitor = asking.known()?;
    app.registry.set_switch(asking.site.id, visitor, !switch.on, app.clock.now()).await?;
    app.subjects.changed(visitor);
    Ok(StatusCode::NO_CONTENT)
}
