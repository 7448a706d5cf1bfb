//! Session clicks with everything the stream models can use: order, visit, and where a click came from.

use std::collections::HashMap;
use std::io::BufRead;

use vocab::{ItemId, SessionId, VisitorId};

use super::{MAX_SESSION_MS, fail, headless, moment, visitor};
use crate::Result;
use crate::interactions::{Interactions, InteractionsBuilder};
use crate::stream::Click;

/// A visit without a session of its own ends after this silence.
const SILENCE_MS: i64 = 30 * 60_000;

/// Clicks of visits, in the order read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Visits {
    /// Ids by position.
    pub items: Vec<ItemId>,
    /// The clicks; their items are positions.
    pub clicks: Vec<Click>,
    /// Clock values that were clipped to their visit.
    pub clipped: usize,
    /// Rows left out because they name neither a visitor nor a visit.
    pub nameless: usize,
}

impl Visits {
    /// The same as uses of items, for models that know no visits of their own.
    pub fn interactions(&self) -> Interactions {
        let mut builder = InteractionsBuilder::new();
        for click in &self.clicks {
            let item = self.items[click.item as usize].as_str();
            let (visitor, session) = (VisitorId(click.visitor), SessionId(click.session));
            builder.push(visitor, item, session, click.at_ms, 1.0);
        }
        builder.build()
    }
}

/// Reads files into [`Visits`].
#[derive(Clone, Debug, Default)]
pub struct VisitsBuilder {
    items: HashMap<ItemId, u32>,
    visits: Visits,
    sessions_named: bool,
    codes: [HashMap<String, u8>; 4],
}

/// What a column may be called, in the order of preference.
pub(super) const USER: [&str; 9] = [
    "user_id",
    "userid",
    "user",
    "visitor_id",
    "visitor",
    "visitorid",
    "uid",
    "reviewerid",
    "customer_id",
];
const SESSION: [&str; 5] = ["session_id", "sessionid", "session", "visit_id", "visitid"];
const ITEM: [&str; 18] = [
    "click_article_id",
    "item_id",
    "itemid",
    "item",
    "article_id",
    "articleid",
    "news_id",
    "content_id",
    "page_id",
    "product_id",
    "productid",
    "aid",
    "movie_id",
    "movieid",
    "track_id",
    "business_id",
    "venue_id",
    "asin",
];
const TIME: [&str; 10] = [
    "click_timestamp",
    "timestamp",
    "time",
    "ts",
    "datetime",
    "eventdate",
    "event_time",
    "unixreviewtime",
    "created_at",
    "date",
];
/// Milliseconds since the visit began, beside a time that is only a day (Diginetica).
const SINCE: [&str; 1] = ["timeframe"];
/// Columns of the four contexts: what the device is, its system, the region, where the visit came from.
const CONTEXTS: [&[&str]; 4] = [
    &["click_environment", "click_devicegroup", "device", "device_type", "channel"],
    &["click_os", "os", "platform"],
    &["click_region", "region", "country", "city"],
    &["click_referrer_type", "referrer_type", "referrer", "source"],
];

struct Columns {
    header: String,
    separator: char,
    user: Option<usize>,
    session: Option<usize>,
    start: Option<usize>,
    item: usize,
    time: usize,
    since: Option<usize>,
    contexts: [Vec<usize>; 4],
    count: usize,
}

impl VisitsBuilder {
    /// Whether a header names the columns of session clicks (items, times and visits), or a line is of a well-known file
    /// without one (Yoochoose).
    pub fn recognises(header: &str) -> bool {
        let header = headless::header(header).unwrap_or(header);
        Columns::find(header, 1).is_ok_and(|columns| columns.session.is_some())
    }

    /// Whether a header names users, items and times, and maybe more.
    pub fn recognises_uses(header: &str) -> bool {
        Columns::find(headless::header(header).unwrap_or(header), 1).is_ok()
    }

    /// Reads a file with a header, or a well-known one without; further files add to the same visits.
    ///
    /// # Errors
    /// The first line that cannot be read, with its number from 1.
    pub fn read(&mut self, from: impl BufRead) -> Result<usize> {
        let before = self.visits.clicks.len();
        let mut header: Option<Columns> = None;
        for (index, line) in from.lines().enumerate() {
            let line = line?;
            let line = line.trim_end_matches('\r').trim_start_matches('\u{feff}');
            if line.trim().is_empty() {
                continue;
            }
            match &header {
                None => {
                    let named = headless::header(line);
                    let mut columns = Columns::find(named.unwrap_or(line), index + 1)?;
                    if named.is_some() {
                        columns.separator = separator(line);
                        self.click(&columns, line, index + 1)?;
                    }
                    header = Some(columns);
                }
                // Hourly files joined into one repeat their header.
                Some(columns) if columns.header == line => {}
                Some(columns) => self.click(columns, line, index + 1)?,
            }
        }
        Ok(self.visits.clicks.len() - before)
    }

    fn click(&mut self, columns: &Columns, line: &str, number: usize) -> Result<()> {
        let fields: Vec<&str> = line.split(columns.separator).map(str::trim).collect();
        if fields.len() != columns.count {
            let (found, expected) = (fields.len(), columns.count);
            return Err(fail(number, format!("{found} fields, expected {expected}")));
        }
        let item = fields[columns.item];
        if item.is_empty() {
            return Err(fail(number, "empty item"));
        }
        let time = |column: usize| {
            let text = fields[column];
            moment(text).ok_or_else(|| fail(number, format!("time {text}")))
        };
        let mut at_ms = time(columns.time)?;
        if let Some(since) = columns.since {
            let text = fields[since];
            let ms = text.parse::<i64>().map_err(|_| fail(number, format!("time {text}")))?;
            at_ms = at_ms.saturating_add(ms);
        }
        if let Some(start) = columns.start {
            let start = time(start)?;
            let clipped = at_ms.clamp(start, start.saturating_add(MAX_SESSION_MS));
            self.visits.clipped += usize::from(clipped != at_ms);
            at_ms = clipped;
        }
        let session = columns.session.map(|column| visitor(fields[column]).0);
        self.sessions_named |= session.is_some();
        // Without a user the visit is all that is known of the visitor.
        let user = columns.user.map(|column| fields[column]).filter(|user| is_told(user));
        let Some(user) = user.map_or(session, |user| Some(visitor(user).0)) else {
            // All of them together are nobody.
            self.visits.nameless += 1;
            return Ok(());
        };
        let next = self.items.len() as u32;
        let position = *self.items.entry(ItemId::from(item)).or_insert(next);
        if position == next {
            self.visits.items.push(ItemId::from(item));
        }
        let contexts = std::array::from_fn(|context| {
            let columns = &columns.contexts[context];
            let values: Vec<&str> = columns.iter().map(|&column| fields[column]).collect();
            if values.is_empty() { 0 } else { code(&mut self.codes[context], &values.join("/")) }
        });
        self.visits.clicks.push(Click {
            visitor: user,
            session: session.unwrap_or_default(),
            item: position,
            at_ms,
            contexts,
        });
        Ok(())
    }

    /// The visits. Where no column names them, a visit ends after half an hour of silence.
    pub fn build(mut self) -> Visits {
        if !self.sessions_named {
            let mut order: Vec<usize> = (0..self.visits.clicks.len()).collect();
            order.sort_by_key(|&at| {
                let click = &self.visits.clicks[at];
                (click.visitor, click.at_ms, at)
            });
            let (mut session, mut last) = (0, None);
            for at in order {
                let click = &mut self.visits.clicks[at];
                let same = last.is_some_and(|(visitor, at_ms)| {
                    visitor == click.visitor && click.at_ms.saturating_sub(at_ms) <= SILENCE_MS
                });
                session += u64::from(!same);
                click.session = session;
                last = Some((click.visitor, click.at_ms));
            }
        }
        self.visits
    }
}

impl Columns {
    fn find(line: &str, number: usize) -> Result<Self> {
        let separator = separator(line);
        // RecBole names columns `user_id:token`.
        let named = |name: &str| {
            let name = name.trim().trim_matches('"');
            name.split_once(':').map_or(name, |(name, _)| name).to_ascii_lowercase()
        };
        let names: Vec<String> = line.split(separator).map(named).collect();
        let find = |known: &[&str]| {
            known.iter().find_map(|known| names.iter().position(|name| name == known))
        };
        let need = |known: &[&str]| {
            find(known).ok_or_else(|| {
                fail(number, format!("no column called one of {}", known.join(", ")))
            })
        };
        let (user, session) = (find(&USER), find(&SESSION));
        if user.is_none() && session.is_none() {
            return Err(fail(number, "no column of users or sessions"));
        }
        Ok(Self {
            header: line.to_owned(),
            separator,
            user,
            session,
            start: find(&["session_start"]),
            item: need(&ITEM)?,
            time: need(&TIME)?,
            since: find(&SINCE),
            contexts: CONTEXTS.map(|known| {
                names
                    .iter()
                    .enumerate()
                    .filter(|(_, name)| known.contains(&name.as_str()))
                    .map(|(column, _)| column)
                    .collect()
            }),
            count: names.len(),
        })
    }
}

fn separator(line: &str) -> char {
    ['\t', ';', ','].into_iter().find(|sign| line.contains(*sign)).unwrap_or(',')
}

/// Whether a field says who it was.
fn is_told(user: &str) -> bool {
    !["", "na", "nan", "null", "none"].contains(&user.to_ascii_lowercase().as_str())
}

/// Numbers a context can have; 0 is unknown.
const CODES: usize = 32;

/// A small number for a value: in the order they appear, later ones shared.
fn code(codes: &mut HashMap<String, u8>, value: &str) -> u8 {
    if let Some(&code) = codes.get(value) {
        return code;
    }
    let code = (1 + codes.len() % (CODES - 1)) as u8;
    codes.insert(value.to_owned(), code);
    code
}
