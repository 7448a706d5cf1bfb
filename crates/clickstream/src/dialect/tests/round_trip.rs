//! What somebody did is the same event, whichever tracker tells it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};
use url::form_urlencoded;
use vocab::Event;

use super::*;

/// Something a person did, as a test thinks of it.
#[derive(Clone, Debug)]
struct Deed {
    searched: bool,
    path: String,
    title: String,
    item: String,
    query: String,
    hits: i32,
    browser: String,
    person: String,
    /// Seconds before it arrived.
    ago: i64,
}

fn deed() -> impl Strategy<Value = Deed> {
    let words = "[a-z]{1,8}|[\u{4e00}-\u{4eff}]{1,6}";
    let ids = "[a-z][a-z0-9-]{3,12}";
    (
        any::<bool>(),
        "(/[a-z0-9]{1,6}){0,3}/?",
        words,
        ids,
        words,
        0_i32..10_000,
        ids,
        prop_oneof![Just(String::new()), ids.prop_map(|id| format!("u-{id}"))],
        0_i64..80_000,
    )
        .prop_map(|(searched, path, title, item, query, hits, browser, person, ago)| Deed {
            searched,
            path: if path.is_empty() { "/".into() } else { path },
            title,
            item,
            query,
            hits,
            browser,
            person,
            ago,
        })
}

impl Deed {
    fn at(&self) -> jiff::Timestamp {
        now() - jiff::SignedDuration::from_secs(self.ago)
    }

    fn url(&self) -> String {
        format!("https://www.example.gov.cn{}?secret=1", self.path)
    }

    fn native(&self) -> (Route, String, String) {
        let mut event = json!({
            "event_id": "0192f0c1-2b3c-7000-8000-000000000001", "anonymous_id": self.browser, "user_id": self.person,
            "name": if self.searched { "search" } else { "page_view" }, "ts": self.at().to_string(), "item_id": self.item,
            "page": { "url": self.url(), "title": self.title },
        });
        if self.searched {
            event["search_q"] = json!(self.query);
            event["search_hits"] = json!(self.hits);
        }
        (Route::Native, json!({ "events": [event] }).to_string(), String::new())
    }

    fn segment(&self) -> Value {
        let mut call = json!({
            "type": if self.searched { "track" } else { "page" }, "messageId": "m-1", "anonymousId": self.browser,
            "timestamp": self.at().to_string(), "properties": { "itemId": self.item, "url": self.url(), "title": self.title },
            "context": { "page": { "url": self.url(), "title": self.title } },
        });
        if !self.person.is_empty() {
            call["userId"] = json!(self.person);
        }
        if self.searched {
            call["event"] = json!("Products Searched");
            call["properties"]["query"] = json!(self.query);
            call["properties"]["results"] = json!(self.hits.to_string());
        }
        call
    }

    fn pixel(&self) -> (Route, String, String) {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let at = self.at().to_string();
        for (name, value) in [
            ("anonymousId", self.browser.as_str()),
            ("userId", &self.person),
            ("timestamp", &at),
            ("context.page.url", &self.url()),
            ("context.page.title", &self.title),
            ("properties.itemId", &self.item),
        ] {
            query.append_pair(name, value);
        }
        if !self.searched {
            return (Route::Pixel(SegmentRoute::Page), String::new(), query.finish());
        }
        query
            .append_pair("event", "Products Searched")
            .append_pair("properties.query", &self.query);
        query.append_pair("properties.results", &self.hits.to_string());
        (Route::Pixel(SegmentRoute::Track), String::new(), query.finish())
    }

    fn sensors(&self) -> (Route, String, String) {
        let mut event = json!({
            "type": "track", "event": if self.searched { "SiteSearch" } else { "$pageview" }, "distinct_id": self.browser,
            "anonymous_id": self.browser, "time": self.at().as_millisecond(), "_track_id": 7, "lib": { "$lib": "js" },
            "properties": { "$url": self.url(), "$title": self.title, "item_id": self.item },
        });
        if !self.person.is_empty() {
            event["login_id"] = json!(self.person);
        }
        if self.searched {
            event["properties"]["keyword"] = json!(self.query);
            event["properties"]["result_number"] = json!(self.hits);
        }
        let data = STANDARD.encode(json!([event]).to_string());
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("data_list", &data)
            .finish();
        (Route::Sensors, body, String::new())
    }

    fn matomo(&self) -> (Route, String, String) {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("idsite", "1").append_pair("rec", "1").append_pair("_id", &self.browser);
        query
            .append_pair("uid", &self.person)
            .append_pair("url", &self.url())
            .append_pair("action_name", &self.title);
        query.append_pair("cdt", &self.at().as_second().to_string());
        if self.searched {
            query
                .append_pair("search", &self.query)
                .append_pair("search_count", &self.hits.to_string());
        }
        (Route::Matomo, String::new(), query.finish())
    }
}

/// What one request becomes.
fn read(route: Route, body: &str, query: &str) -> Event {
    let definition = DEFINITIONS.of(route.source());
    let mut request = Request::new(body.as_bytes(), now());
    request.query = query;
    if route != Route::Matomo {
        request.header_key = Some("k1");
    }
    let opened = road::open(definition, &request, route).unwrap();
    let sites = sites();
    let arrivals = road::read(definition, &sites, &request, &opened, route).unwrap();
    let item = arrivals.items.into_iter().next().unwrap();
    let site = std::sync::Arc::clone(&item.site);
    let (sessions, knowledge) = (Sessioniser::new(10), Knowledge::default());
    let context = road::context(definition, &site, &request, &sessions, &knowledge);
    road::walk(definition, &context, item).draft.unwrap().event
}

proptest! {
    #[test]
    fn every_tracker_tells_the_same_deed(deed in deed()) {
        let native = deed.native();
        let expected = read(native.0, &native.1, &native.2);
        prop_assert_eq!(expected.ts, deed.at());
        prop_assert_eq!(&expected.path, &deed.path);
        let batch = (Route::Segment(SegmentRoute::Batch), json!({ "batch": [deed.segment()] }).to_string(), String::new());
        let single = (Route::Segment(SegmentRoute::Track), deed.segment().to_string(), String::new());
        for (route, body, query) in [batch, single, deed.pixel(), deed.sensors(), deed.matomo()] {
            let event = read(route, &body, &query);
            prop_assert_eq!(&event.name, &expected.name, "{:?}", route);
            prop_assert_eq!(event.ts, expected.ts, "{:?}", route);
            prop_assert_eq!((event.visitor, event.person), (expected.visitor, expected.person), "{:?}", route);
            prop_assert_eq!((&event.host, &event.path), (&expected.host, &expected.path), "{:?}", route);
            prop_assert_eq!(&event.title, &expected.title, "{:?}", route);
            prop_assert_eq!((&event.search_q, event.search_hits), (&expected.search_q, expected.search_hits), "{:?}", route);
            // Matomo has no place for an item; its page is looked up.
            if route != Route::Matomo {
                prop_assert_eq!(&event.item_id, &expected.item_id, "{:?}", route);
            }
        }
    }
}
