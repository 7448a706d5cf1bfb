//! Recommended lists over HTTP from a catalogue of 100,000 items and the vectors of a million people.
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock and runs its own tasks")]

#[path = "harness/client.rs"]
mod client;
#[path = "harness/events.rs"]
mod events;
#[path = "harness/load.rs"]
mod load;
#[path = "harness/program.rs"]
mod program;
#[path = "harness/table.rs"]
mod table;

use std::path::Path;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use insight::{Factors, InteractionsBuilder, TrainParams};
use jiff::{SignedDuration, Timestamp};
use load::{Call, Outcome};
use program::Program;
use registry::{Registry, Upsert};
use serde_json::{Value, json};
use server::serving::models::Shelf;
use table::Table;
use vocab::{Item, ItemKind, ReviewState, SessionId, SiteId, Text, VisitorId};

const ITEMS: u64 = 100_000;
const PEOPLE: u32 = 1_000_000;
const VISITORS: u64 = 4_000;
const HISTORY: u64 = 15;
const REQUESTS: u64 = 20_000;
const CONNECTIONS: u64 = 16;

fn main() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?
        .block_on(run(dir.path()))
}

async fn run(dir: &Path) -> anyhow::Result<()> {
    build(dir).await.context("building the data directory")?;
    let program = Program::start(&["serve"], dir)?;
    let address = program.address.as_str();
    let status = client::json(address, "/v1/console/status").await?;
    ensure!(status["index_items"] == ITEMS, "the catalogue is not whole: {status}");

    let strangers = load::run(address, CONNECTIONS, REQUESTS, None, |_| ask(None)).await?;
    introduce(address).await?;
    let answer = ask(Some(17));
    let sample = reqwest::Client::new()
        .get(format!("http://{address}{}", answer.path))
        .header("x-civicsense-visitor", "visitor-17");
    let sample: Value = sample.send().await?.json().await?;
    ensure!(
        sample["personalized"] == true && sample["degraded"] == false,
        "not personal: {sample}"
    );
    // Once before it is measured: what the registry says of each visitor is then in memory, as it is on a normal day.
    load::run(address, CONNECTIONS, VISITORS, None, |n| ask(Some(n))).await?;
    let known = load::run(address, CONNECTIONS, REQUESTS, None, |n| ask(Some(n * 7_919))).await?;
    let paced = load::run(address, 32, 20_000, Some(1_000.0), |n| ask(Some(n * 7_919))).await?;

    let mut table = Table::default();
    table.row("strangers: lists a second", "≥ 2,000", format!("{:.0}", strangers.rate()));
    table.row("strangers: p50, p99 (ms), as fast as it goes", "p99 < 50", times(&strangers)?);
    table.row("known visitors: lists a second", "≥ 2,000", format!("{:.0}", known.rate()));
    table.row("known visitors: p50, p99 (ms), as fast as it goes", "p99 < 50", times(&known)?);
    table.row("known visitors: p50, p99 (ms) at 1,000 a second", "p99 < 50", times(&paced)?);
    table.row("resident, engine included (MiB)", "", format!("{}", program.resident_bytes() >> 20));
    table.print();
    Ok(())
}

fn times(outcome: &Outcome) -> anyhow::Result<String> {
    ensure!(outcome.refused == 0, "{} requests were refused", outcome.refused);
    Ok(format!("{:.1}, {:.1}", outcome.percentile_ms(0.5), outcome.percentile_ms(0.99)))
}

fn ask(visitor: Option<u64>) -> Call {
    let visitor = visitor.map(|n| ("x-civicsense-visitor", format!("visitor-{}", n % VISITORS)));
    Call {
        method: "GET",
        path: "/v1/recommendations?surface=home&limit=12".to_owned(),
        headers: visitor.into_iter().collect(),
        body: Bytes::new(),
    }
}

/// Consent and a recent history of every visitor, the way a portal's page sends them.
async fn introduce(address: &str) -> anyhow::Result<()> {
    let agreed = load::run(address, CONNECTIONS, VISITORS, None, |n| Call {
        method: "PUT",
        path: "/v1/me/consent".to_owned(),
        headers: vec![
            ("x-civicsense-visitor", format!("visitor-{n}")),
            ("content-type", "application/json".to_owned()),
        ],
        body: json!({ "analytics": true, "personalisation": true, "push": false })
            .to_string()
            .into(),
    })
    .await?;
    ensure!(agreed.times.len() as u64 == VISITORS, "consents were not recorded");
    let key = client::write_key(address).await?;
    let now = Timestamp::now();
    // 3,000 events a second: a burst beyond the live feed's length reaches the store, but not the memory of visitors.
    let sent = load::run(address, 4, VISITORS / 10, Some(20.0), move |batch| {
        let events = (batch * 10..(batch + 1) * 10).flat_map(|visitor| {
            (0..HISTORY).map(move |step| {
                let item = (visitor * 7_919 + step * step * 3) % ITEMS;
                json!({
                    "event_id": uuid::Uuid::new_v4(),
                    "name": "page_view",
                    "ts": (now - SignedDuration::from_mins(i64::try_from(step * 40).unwrap_or(0))).to_string(),
                    "anonymous_id": format!("visitor-{visitor}"),
                    "page": { "url": format!("https://portal.example/{item}") },
                    "item_id": id(item),
                    "consent": { "analytics": true, "personalisation": true },
                })
            })
        });
        let events: Vec<Value> = events.collect();
        events::post(json!({ "write_key": key, "events": events }).to_string().into())
    })
    .await?;
    ensure!(sent.refused == 0, "{} batches were refused", sent.refused);
    client::until_loaded(address).await?;
    Ok(())
}

fn id(n: u64) -> String {
    format!("item-{n:06}")
}

/// Items, models and nothing else, as `serve` finds them.
async fn build(dir: &Path) -> anyhow::Result<()> {
    let now = Timestamp::now();
    let registry = Registry::open(&dir.join("registry.sqlite")).await?;
    let site =
        registry.ensure_site("main", Text::new("门户网站", "Portal"), "localhost", now).await?;
    let taxonomy = insight::definition::taxonomy()?;
    let items: Vec<Upsert> = (0..ITEMS)
        .map(|n| Upsert { item: item(n, site.id, &taxonomy, now), dated: true })
        .collect();
    for part in items.chunks(10_000) {
        registry.put_items(part, "bench", now).await?;
    }
    registry.close().await;

    // Everybody reads a neighbourhood of the catalogue, so that every item has neighbours and a popularity.
    let mut uses = InteractionsBuilder::new();
    for n in 0..ITEMS * 4 {
        let reader = n / 12;
        let item = (reader * 3 + n * n % 41) % ITEMS;
        let ago = SignedDuration::from_mins(i64::try_from(n % 20_000)?);
        let at = (now - ago).as_millisecond();
        uses.push(VisitorId(reader + 1), &id(item), SessionId(reader + 1), at, 1.0);
    }
    let params = TrainParams::default().check()?;
    let mut models = insight::train(&uses.build(), &[], &taxonomy, &params, &|_, _| {})?;
    let known = u32::try_from(models.items.len())?;
    models.factors = Factors::synthetic(1, PEOPLE, known, 32);
    let shelf = Shelf::open(dir.join("models"), std::time::Duration::MAX)?;
    let name = shelf.add(&models, now, Vec::new())?;
    shelf.serve(&name, "bench", "", now)
}

fn item(n: u64, site: SiteId, taxonomy: &vocab::Taxonomy, now: Timestamp) -> Item {
    let at = |length: usize| usize::try_from(n).unwrap_or(0) % length;
    let need = &taxonomy.needs[at(taxonomy.needs.len())];
    Item {
        id: id(n).into(),
        site,
        title: Text::new(format!("{}办理事项第{n}号", need.zh), ""),
        summary: Text::new(format!("办理{}需要的材料、条件和流程", need.zh), ""),
        url: format!("https://portal.example/{n}"),
        dept: format!("部门{}", n % 150),
        kind: ItemKind::ALL[at(6)],
        needs: if n.is_multiple_of(3) { vec![need.id.clone()] } else { Vec::new() },
        region: if n.is_multiple_of(4) { "440300".to_owned() } else { String::new() },
        mandated: n % 20_000 == 7,
        published_at: now - SignedDuration::from_hours(i64::try_from(n % 20_000).unwrap_or(0)),
        review: ReviewState::Approved,
        ..Item::default()
    }
}
