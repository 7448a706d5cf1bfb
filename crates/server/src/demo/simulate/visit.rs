//! One visit: arriving, looking for something or just looking, reading, doing, giving up.

use std::fmt::Write as _;

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vocab::ItemKind;
use vocab::event::name;

use super::batch::Batcher;
use super::citizen::Citizen;
use super::clients::CLIENTS;
use super::rhythm::Start;
use super::shelf::Shelf;
use super::world::World;
use super::{queries, wire};

const HOUR_MS: i64 = 3_600_000;
/// What a terminal sends when somebody has left: `reset_event` of `pipelines/clickstream/native.toml`.
const KIOSK_RESET: &str = "kiosk_reset";
/// Items a home page recommends.
const HOME_LIST: usize = 6;
/// Items that stand beside an item.
const RELATED_LIST: usize = 3;

/// The portal on that day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'w> {
    pub(super) world: &'w World,
    pub(super) shelf: &'w Shelf,
}

/// Makes the visit's events.
pub(super) fn make(place: Place<'_>, citizen: &Citizen, start: &Start, out: &mut Batcher) {
    let mut visit = Visit {
        place,
        citizen,
        needs: citizen.needs_at(start.at_ms),
        rng: ChaCha8Rng::seed_from_u64(start.seed),
        at_ms: start.at_ms,
        head: head(citizen),
        came_from: String::new(),
        out,
    };
    visit.arrive();
    let tasks = if citizen.persona.is_some() { 3 } else { 1 };
    for _ in 0..tasks {
        visit.task();
    }
    for _ in 0..3 {
        if !visit.rng.random_bool(0.42) {
            break;
        }
        visit.task();
    }
    if citizen.channel().is_shared() {
        visit.wait(1_000, 20_000);
        visit.emit(KIOSK_RESET, "");
    }
}

/// What every event of the visit says of the sender.
fn head(citizen: &Citizen) -> String {
    let client = &CLIENTS[citizen.client];
    let mut head = String::with_capacity(320);
    wire::text(&mut head, "anonymous_id", &citizen.anonymous_id);
    if !citizen.user_id.is_empty() {
        wire::text(&mut head, "user_id", &citizen.user_id);
    }
    wire::text(&mut head, "channel", client.channel.as_str());
    wire::text(&mut head, "region", &citizen.region);
    wire::text(&mut head, "lib", client.lib);
    wire::text(&mut head, "lib_version", env!("CARGO_PKG_VERSION"));
    let (personalisation, push) = (citizen.personalisation, citizen.push);
    write!(
        head,
        ",\"consent\":{{\"analytics\":true,\"personalisation\":{personalisation},\"push\":{push}}}"
    )
    // Writing to a String cannot fail.
    .ok();
    head
}

struct Visit<'a> {
    place: Place<'a>,
    citizen: &'a Citizen,
    /// Positions of the needs at the beginning.
    needs: Vec<u16>,
    rng: ChaCha8Rng,
    at_ms: i64,
    head: String,
    /// Address of the page before.
    came_from: String,
    out: &'a mut Batcher,
}

impl Visit<'_> {
    fn emit(&mut self, event: &str, tail: &str) {
        let id = wire::uuid(&mut self.rng);
        let mut json = String::with_capacity(self.head.len() + tail.len() + 120);
        write!(json, "{{\"event_id\":\"{id}\",\"name\":\"{event}\",\"ts\":{}", self.at_ms).ok();
        json.push_str(&self.head);
        json.push_str(tail);
        json.push('}');
        self.out.add(self.citizen.client, self.citizen.site, self.at_ms, json);
    }

    fn wait(&mut self, from_ms: i64, to_ms: i64) {
        self.at_ms += self.rng.random_range(from_ms..to_ms);
    }

    /// A page view; `title` is a JSON string, `fields` what the page is about.
    fn page(&mut self, path: &str, title: &str, fields: &str) {
        let host = &self.place.world.sites[self.citizen.site].host;
        let url = format!("https://{host}{path}");
        let mut tail = String::with_capacity(fields.len() + 256);
        tail.push_str(fields);
        write!(tail, ",\"page\":{{\"url\":\"{url}\",\"title\":{title}").ok();
        if !self.came_from.is_empty() {
            write!(tail, ",\"referrer\":\"{}\"", self.came_from).ok();
        }
        tail.push('}');
        self.emit(name::PAGE_VIEW, &tail);
        self.came_from = url;
    }

    fn serves_need(&self, item: u32) -> bool {
        self.needs.iter().any(|&need| self.place.world.item(item).serves(need))
    }

    fn is_out(&self, item: u32) -> bool {
        self.place.world.item(item).is_out(self.at_ms)
    }

    /// The first page: the big news, an item found outside, or home.
    fn arrive(&mut self) {
        if let Some(breaking) = self.news_of_the_day() {
            self.came_from = "https://news.example/hot".into();
            self.read(breaking, true);
        } else if self.citizen.persona.is_none() && self.rng.random_bool(0.16) {
            self.came_from = "https://search.example/".into();
            self.follow_need(false);
        } else {
            self.home();
        }
    }

    /// The breaking policy, while it draws people: e-folding time 18 hours.
    fn news_of_the_day(&mut self) -> Option<u32> {
        let breaking = self.place.world.breaking?;
        let age = self.at_ms - self.place.world.item(breaking).published_ms;
        let pull = 0.4 * (-(age as f64) / (18 * HOUR_MS) as f64).exp();
        ((0..72 * HOUR_MS).contains(&age) && self.rng.random_bool(pull)).then_some(breaking)
    }

    fn home(&mut self) {
        self.page("/", "\"云川省人民政府\"", "");
        if self.rng.random_bool(0.62) {
            self.wait(400, 1_500);
            let list = self.home_list();
            self.shown_list("home@simulated", &list);
        }
    }

    /// What an ordinary portal would put there: some of the needs for those who agreed, else what is popular.
    fn home_list(&mut self) -> Vec<u32> {
        let personal = if self.citizen.personalisation { 3 } else { 0 };
        let mut list = Vec::with_capacity(HOME_LIST);
        for attempt in 0..4 * HOME_LIST {
            let shelf = self.place.shelf;
            let need = self.needs.choose(&mut self.rng).copied();
            let pick = match need {
                Some(need) if attempt < personal => {
                    shelf.by_need[usize::from(need)].pick(&mut self.rng)
                }
                _ => shelf.general.pick(&mut self.rng),
            };
            if let Some(item) = pick
                && self.place.world.item(item).is_recommendable(self.at_ms)
                && !list.contains(&item)
            {
                list.push(item);
            }
            if list.len() == HOME_LIST {
                break;
            }
        }
        list
    }

    /// A recommended list: an impression each, then perhaps a click, which ends it.
    fn shown_list(&mut self, policy: &str, list: &[u32]) {
        let rec_id = wire::uuid(&mut self.rng);
        let tail = |item: u32, position: usize| {
            let mut tail = self.place.world.item(item).fields.clone();
            write!(tail, ",\"rec_id\":\"{rec_id}\",\"rec_pos\":{position}").ok();
            wire::text(&mut tail, "rec_policy", policy);
            tail
        };
        let tails: Vec<String> =
            list.iter().enumerate().map(|(position, &item)| tail(item, position)).collect();
        for tail in &tails {
            self.emit(name::IMPRESSION, tail);
            self.at_ms += 1;
        }
        for (position, (&item, tail)) in list.iter().zip(&tails).enumerate() {
            let draw = if self.serves_need(item) { 0.3 } else { 0.035 };
            let seen = 0.88_f64.powi(position as i32);
            if self.rng.random_bool(draw * seen) {
                self.wait(1_500, 9_000);
                self.emit(name::CLICK, tail);
                self.wait(150, 900);
                self.read(item, true);
                return;
            }
        }
    }

    /// Something they came for, or a look around.
    fn task(&mut self) {
        self.wait(2_000, 15_000);
        let curious = self.needs.is_empty() || self.rng.random_bool(self.citizen.curiosity);
        if curious && self.citizen.persona.is_none() {
            self.look_around();
            return;
        }
        let done = match self.rng.random_range(0..100) {
            0..42 => self.search(),
            42..68 => self.column(),
            _ => false,
        };
        // Who does not find it may know another way; a persona always does.
        if !done && (self.citizen.persona.is_some() || self.rng.random_bool(0.5)) {
            self.follow_need(true);
        }
    }

    fn look_around(&mut self) {
        let pick = self.place.shelf.general.pick(&mut self.rng);
        if let Some(item) = pick.filter(|&item| self.is_out(item)) {
            self.click_and_read(item);
        } else {
            self.column();
        }
    }

    /// Straight to an item that serves a need.
    fn follow_need(&mut self, click: bool) {
        let Some(&need) = self.needs.choose(&mut self.rng) else {
            self.home();
            return;
        };
        for _ in 0..4 {
            let pick = self.place.shelf.by_need[usize::from(need)].pick(&mut self.rng);
            if let Some(item) = pick.filter(|&item| self.is_out(item)) {
                if click {
                    self.click_and_read(item);
                } else {
                    self.read(item, true);
                }
                return;
            }
        }
    }

    fn click_and_read(&mut self, item: u32) {
        let fields = self.place.world.item(item).fields.clone();
        self.emit(name::CLICK, &fields);
        self.wait(150, 900);
        self.read(item, true);
    }

    /// Searches for a need; whether something was opened.
    fn search(&mut self) -> bool {
        let Some(&need) = self.needs.choose(&mut self.rng) else {
            return false;
        };
        let world = self.place.world;
        let Some(phrase) = world.phrases[usize::from(need)].choose(&mut self.rng) else {
            return false;
        };
        if self.rng.random_bool(0.08) {
            let typed = queries::slip(&mut self.rng, &phrase.text);
            let hits = if self.rng.random_bool(0.7) { 0 } else { phrase.hits };
            self.searched(&typed, hits);
            if !self.rng.random_bool(0.7) {
                return false;
            }
            self.wait(3_000, 12_000);
        }
        self.searched(&phrase.text, phrase.hits);
        for (position, &item) in phrase.found.iter().enumerate() {
            let draw = if world.item(item).serves(need) { 0.45 } else { 0.06 };
            if self.is_out(item) && self.rng.random_bool(draw * 0.85_f64.powi(position as i32)) {
                self.wait(1_500, 9_000);
                let mut tail = world.item(item).fields.clone();
                wire::text(&mut tail, "search_q", &phrase.text);
                wire::number(&mut tail, "search_pos", position as i64);
                self.emit(name::SEARCH_CLICK, &tail);
                self.wait(150, 900);
                self.read(item, true);
                return true;
            }
        }
        false
    }

    fn searched(&mut self, typed: &str, hits: u32) {
        self.page("/search", "\"搜索\"", "");
        let mut tail = String::new();
        wire::text(&mut tail, "search_q", typed);
        wire::number(&mut tail, "search_hits", i64::from(hits));
        self.emit(name::SEARCH, &tail);
    }

    /// Goes to a column and opens something there; whether it did.
    fn column(&mut self) -> bool {
        let world = self.place.world;
        let (Some(column), serving) = self.choose_column() else {
            return false;
        };
        let mut fields = String::new();
        wire::text(&mut fields, "column_id", &world.columns[column].id);
        let title = wire::quoted(&world.columns[column].name.zh);
        self.page(&format!("/columns/{}", world.columns[column].id), &title, &fields);
        self.wait(2_000, 12_000);
        let mut last = serving;
        for _ in 0..4 {
            if last.is_some_and(|item| self.serves_need(item)) {
                break;
            }
            last = self.place.shelf.by_column[column].pick(&mut self.rng);
        }
        match last.filter(|&item| self.is_out(item)) {
            Some(item) if self.rng.random_bool(0.75) => {
                self.click_and_read(item);
                true
            }
            _ => false,
        }
    }

    /// A column, and an item in it that serves a need, if they have one.
    fn choose_column(&mut self) -> (Option<usize>, Option<u32>) {
        let world = self.place.world;
        let need = self.needs.choose(&mut self.rng).copied();
        let item =
            need.and_then(|need| self.place.shelf.by_need[usize::from(need)].pick(&mut self.rng));
        let of = |item: u32| {
            let wanted = &world.item(item).column;
            world.columns.iter().position(|column| column.id == *wanted)
        };
        match item.and_then(of) {
            Some(column) => (Some(column), item),
            None => {
                ((0..world.columns.len()).collect::<Vec<_>>().choose(&mut self.rng).copied(), None)
            }
        }
    }

    /// Opens an item, reads it, and perhaps goes on from there.
    fn read(&mut self, item: u32, onwards: bool) {
        let shown = self.place.world.item(item);
        let relevant = self.serves_need(item);
        self.page(&format!("/items/{}", shown.id), &shown.page, &shown.fields);
        let dwell = self.dwell(relevant);
        self.at_ms += dwell;
        if dwell > 3_000 {
            let whole = (shown.length as i64 * 120).max(1);
            let mut tail = shown.fields.clone();
            wire::number(&mut tail, "engaged_ms", dwell);
            wire::number(&mut tail, "scroll_pct", (100 * dwell / whole).clamp(5, 100));
            write!(tail, ",\"page\":{{\"url\":\"{}\",\"title\":{}}}", self.came_from, shown.page)
                .ok();
            self.emit(name::ENGAGEMENT, &tail);
        }
        if relevant && shown.online && self.rng.random_bool(0.2) {
            self.apply(item);
        }
        if shown.kind == ItemKind::Policy && self.rng.random_bool(0.06) {
            self.emit(name::DOWNLOAD, &shown.fields);
        }
        if self.rng.random_bool(0.02) {
            let verdict = if relevant { "useful" } else { "not_useful" };
            let tail = format!("{},\"props\":{{\"verdict\":\"{verdict}\"}}", shown.fields);
            self.emit(name::FEEDBACK, &tail);
        }
        if onwards && self.rng.random_bool(0.3) {
            self.related(item);
        }
    }

    /// Active reading time: log-normal, median 40 s where it matters, 8 s where not.
    fn dwell(&mut self, relevant: bool) -> i64 {
        let (median, spread): (f64, f64) = if relevant { (40_000.0, 0.7) } else { (8_000.0, 0.8) };
        // Box and Muller; 1 − u keeps the logarithm finite.
        let radius = (-2.0 * (1.0 - self.rng.random::<f64>()).ln()).sqrt();
        let normal = radius * (std::f64::consts::TAU * self.rng.random::<f64>()).cos();
        (median * (spread * normal).exp()).clamp(800.0, 600_000.0) as i64
    }

    /// Begins a service; most begin, fewer submit, fewer still finish.
    fn apply(&mut self, item: u32) {
        let fields = &self.place.world.item(item).fields;
        let step = |name: &str| {
            let mut tail = fields.clone();
            wire::text(&mut tail, "service_step", name);
            tail
        };
        self.wait(2_000, 8_000);
        self.emit(name::SERVICE_START, &step("form"));
        self.wait(40_000, 300_000);
        if self.rng.random_bool(0.62) {
            self.emit(name::SERVICE_SUBMIT, &step("submit"));
            self.wait(5_000, 60_000);
            if self.rng.random_bool(0.85) {
                self.emit(name::SERVICE_FINISH, &step("done"));
            }
        }
    }

    /// The list beside an item.
    fn related(&mut self, item: u32) {
        let shown = self.place.world.item(item);
        let mut list: Vec<u32> = Vec::with_capacity(RELATED_LIST);
        let fits = |other: u32, list: &[u32]| {
            let known = other == item || list.contains(&other);
            !known && self.place.world.item(other).is_recommendable(self.at_ms)
        };
        for &other in &shown.related {
            if list.len() < RELATED_LIST && fits(other, &list) {
                list.push(other);
            }
        }
        for _ in 0..8 {
            let Some(&need) = shown.needs.choose(&mut self.rng) else { break };
            let pick = self.place.shelf.by_need[usize::from(need)].pick(&mut self.rng);
            if let Some(other) =
                pick.filter(|&other| list.len() < RELATED_LIST && fits(other, &list))
            {
                list.push(other);
            }
        }
        if !list.is_empty() {
            self.shown_list("item@simulated", &list);
        }
    }
}
