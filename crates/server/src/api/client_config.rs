//! What the embedded pages need to know before anything else.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vocab::{Lang, Text};

use crate::api::visitor::Asking;
use crate::app::App;
use crate::http::extract::Json;

/// The site a page belongs to.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClientSite {
    /// Its code.
    code: String,
    /// Its name.
    #[schema(value_type = Object)]
    name: Text,
    /// Its public write key: allows appending events, nothing else.
    write_key: String,
}

/// Settings of the embedded pages.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClientConfig {
    /// The site.
    site: ClientSite,
    /// The language to begin with.
    #[schema(value_type = String)]
    lang: Lang,
    /// Whether this is the demo, with personas to choose from.
    demo: bool,
}

/// Settings of the embedded pages.
#[utoipa::path(get, path = "/v1/client-config", tag = "content", responses((status = 200, body = ClientConfig)))]
pub async fn client_config(State(app): State<App>, asking: Asking) -> Json<ClientConfig> {
    let site = &asking.site;
    Json(ClientConfig {
        site: ClientSite {
            code: site.code.clone(),
            name: site.name.clone(),
            write_key: site.write_key.clone(),
        },
        lang: asking.lang,
        demo: app.demo.is_some(),
    })
}

/// A simulated citizen the demo portal can be seen as.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublicPersona {
    /// Its name in addresses.
    id: String,
    /// What to call it.
    #[schema(value_type = Object)]
    name: Text,
    /// Its story.
    #[schema(value_type = Object)]
    about: Text,
    /// The visitor id to send.
    anonymous_id: String,
}

/// The demo's simulated citizens; empty outside the demo.
#[utoipa::path(get, path = "/v1/demo/personas", tag = "content", responses((status = 200, body = Vec<PublicPersona>)))]
pub async fn personas(State(app): State<App>) -> Json<Vec<PublicPersona>> {
    let personas = app.demo.as_ref().map(|demo| demo.personas.as_slice()).unwrap_or_default();
    let public = |persona: &crate::demo::Persona| PublicPersona {
        id: persona.id.clone(),
        name: persona.name.clone(),
        about: persona.sentence.clone(),
        anonymous_id: persona.anonymous_id.clone(),
    };
    Json(personas.iter().map(public).collect())
}
