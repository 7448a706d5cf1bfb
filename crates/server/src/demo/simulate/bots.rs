//! Crawlers and scrapers: page after page, fast, at any hour, reading nothing.

use std::fmt::Write as _;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vocab::event::name;

use super::batch::Batcher;
use super::rhythm::Start;
use super::visit::Place;
use super::wire;

/// One crawl over the site of the portal family's head.
pub(super) fn crawl(place: Place<'_>, client: usize, start: &Start, out: &mut Batcher) {
    let mut rng = ChaCha8Rng::seed_from_u64(start.seed);
    let items = &place.world.items;
    let host = &place.world.sites[0].host;
    let pages = rng.random_range(60..200);
    let mut at = rng.random_range(0..items.len());
    let mut at_ms = start.at_ms;
    for _ in 0..pages {
        let item = &items[at];
        at = (at + 1) % items.len();
        at_ms += rng.random_range(150..900);
        if !item.is_out(at_ms) {
            continue;
        }
        let id = wire::uuid(&mut rng);
        let mut json = String::with_capacity(512);
        // Writing to a String cannot fail.
        write!(json, "{{\"event_id\":\"{id}\",\"name\":\"{}\",\"ts\":{at_ms}", name::PAGE_VIEW)
            .ok();
        wire::text(&mut json, "anonymous_id", &format!("bot-{client}"));
        json.push_str(&item.fields);
        write!(
            json,
            ",\"page\":{{\"url\":\"https://{host}/items/{}\",\"title\":{}}}}}",
            item.id, item.page
        )
        .ok();
        out.add(client, 0, at_ms, json);
    }
}
