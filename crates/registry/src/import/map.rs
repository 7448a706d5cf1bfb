//! A record becomes an item, or a dead letter that names the field.

use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use vocab::{Audience, Item, ItemKind, ReviewState, Service, Taxonomy, Text};

use super::fields::Field;
use super::rows::{Record, letter};
use super::{Batch, DeadLetter, ImportOptions, values};
use crate::items::Upsert;

/// Marks a title that was made up from an address.
pub(super) const GUESSED: &str = "\u{0}guessed";

const WORDS: [char; 7] = [',', '，', ';', '；', '、', '|', '\n'];
const LINES: [char; 4] = [';', '；', '|', '\n'];

struct Mapping<'a> {
    taxonomy: &'a Taxonomy,
    options: &'a ImportOptions,
    batch: &'a mut Batch,
    item: Item,
    service: Service,
    is_service: bool,
    kind: Option<ItemKind>,
    themes: Vec<String>,
    published: Option<Timestamp>,
}

pub(super) fn to_item(
    record: &Record,
    options: &ImportOptions,
    batch: &mut Batch,
) -> Result<(u64, Upsert), DeadLetter> {
    let shown = || Value::Object(record.fields.clone()).to_string();
    let mut mapping = Mapping {
        taxonomy: &options.taxonomy,
        options,
        batch,
        item: Item {
            site: options.site,
            column: options.column.clone(),
            review: options.review,
            ..Item::default()
        },
        service: Service::default(),
        is_service: false,
        kind: None,
        themes: Vec::new(),
        published: None,
    };
    mapping
        .fields(&record.fields)
        .map_err(|(field, reason)| letter(record.line, &field, reason, &shown()))?;
    let upsert = mapping.finish(record.fields.contains_key(GUESSED));
    if upsert.item.title.zh.is_empty() && upsert.item.title.en.is_empty() {
        return Err(letter(record.line, "title", "is missing", &shown()));
    }
    Ok((record.line, upsert))
}

type Wrong = (String, String);

impl Mapping<'_> {
    fn fields(&mut self, fields: &Map<String, Value>) -> Result<(), Wrong> {
        // The most preferred name of a field first: what another name of it says is then an addition.
        let mut known = Vec::new();
        for (name, value) in fields {
            match Field::of(name) {
                Some((field, rank)) => known.push((field, rank, name, value)),
                None if name == GUESSED => {}
                None => *self.batch.ignored.entry(name.clone()).or_default() += 1,
            }
        }
        known.sort_by_key(|(field, rank, name, _)| (*field, *rank, (*name).clone()));
        for (field, _, name, value) in known {
            if field == Field::Service {
                match value {
                    Value::Object(inner) => self.fields(inner)?,
                    Value::Null => continue,
                    _ => return Err((name.clone(), "expected an object".to_owned())),
                }
                self.is_service = true;
                continue;
            }
            let taken = if field < Field::PublishedAt {
                self.content(field, value)
            } else if field < Field::TaskCode {
                self.times_and_marks(field, value)
            } else {
                self.matter(field, value)
            };
            taken.map_err(|reason| (name.clone(), reason))?;
        }
        Ok(())
    }

    fn content(&mut self, field: Field, value: &Value) -> Result<(), String> {
        match field {
            Field::Id => {
                let id = values::name(value)?;
                if self.item.id.as_str().is_empty() {
                    self.item.id = id.into();
                }
            }
            Field::Kind => self.kind(&values::text(value)?),
            Field::Title => self.title(value)?,
            Field::TitleEn => put(&mut self.item.title.en, values::text(value)?),
            Field::Summary => both(&mut self.item.summary, value)?,
            Field::SummaryEn => put(&mut self.item.summary.en, values::text(value)?),
            Field::Body => put(&mut self.item.body, values::text(value)?),
            Field::Url => put(&mut self.item.url, values::text(value)?),
            Field::Column => self.item.column = values::name(value)?,
            Field::Dept => put(&mut self.item.dept, values::text(value)?),
            Field::Region => put(&mut self.item.region, values::region(&values::name(value)?)),
            Field::Audience => {
                let words = values::list(value, &WORDS)?;
                match values::audience(&words) {
                    Some(audience) => self.item.audience = audience,
                    None => self.unmapped("audience", &words.join("、")),
                }
            }
            Field::Needs => {
                for need in values::list(value, &WORDS)? {
                    let by_name = |known: &&vocab::Need| {
                        known.id.as_str() == need || known.zh == need || known.en == need
                    };
                    match self.taxonomy.needs.iter().find(by_name) {
                        Some(known) => self.item.needs.push(known.id.clone()),
                        None => self.unmapped("needs", &need),
                    }
                }
            }
            Field::Themes => self.themes.extend(values::list(value, &WORDS)?),
            Field::Topic => self.topic(&values::text(value)?),
            Field::DocNumber => put(&mut self.item.doc_number, values::text(value)?),
            Field::Aliases => self.item.aliases.extend(values::list(value, &LINES)?),
            Field::RelatesTo => {
                self.item
                    .relates_to
                    .extend(values::list(value, &WORDS)?.into_iter().map(Into::into));
            }
            _ => {}
        }
        Ok(())
    }

    fn times_and_marks(&mut self, field: Field, value: &Value) -> Result<(), String> {
        let zone = &self.options.time_zone;
        match field {
            Field::PublishedAt => self.published = self.published.or(values::instant(value, zone)?),
            Field::ExpiresAt => self.item.expires_at = values::instant(value, zone)?,
            Field::Importance => self.item.importance = values::number(value, 3)? as u8,
            Field::Mandated => self.item.mandated = values::truth(value)?,
            Field::Emergency => self.item.emergency = values::truth(value)?,
            Field::Lifecycle => {
                let word = values::text(value)?;
                match values::lifecycle(&word) {
                    Some(lifecycle) => self.item.lifecycle = lifecycle,
                    None => return Err(format!("'{word}' is not a state of validity")),
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn matter(&mut self, field: Field, value: &Value) -> Result<(), String> {
        let service = &mut self.service;
        match field {
            Field::TaskCode => service.task_code = values::name(value)?,
            Field::LegalDays => service.legal_days = values::days(value)?,
            Field::PromisedDays => service.promised_days = values::days(value)?,
            Field::Visits => service.visits = values::number(value, 255)? as u8,
            Field::Online => service.online = values::truth(value)?,
            Field::Terminal => service.terminal = values::truth(value)?,
            Field::Fee => service.fee = values::truth(value)?,
            Field::Materials => service.materials = values::list(value, &LINES)?,
            Field::Conditions => service.conditions = values::text(value)?,
            Field::OnlineUrl => service.online_url = values::text(value)?,
            _ => return Ok(()),
        }
        self.is_service = true;
        Ok(())
    }

    fn kind(&mut self, word: &str) {
        match values::kind(word) {
            Some(kind) => self.kind = self.kind.or(Some(kind)),
            None if word.is_empty() => {}
            None => self.unmapped("kind", word),
        }
    }

    /// The first title is the title, a different second one is a name people use too.
    fn title(&mut self, value: &Value) -> Result<(), String> {
        if self.item.title.zh.is_empty() && self.item.title.en.is_empty() {
            return both(&mut self.item.title, value);
        }
        let other = values::text(value)?;
        if !other.is_empty() && other != self.item.title.zh && other != self.item.title.en {
            self.item.aliases.push(other);
        }
        Ok(())
    }

    fn topic(&mut self, word: &str) {
        let known = self
            .taxonomy
            .topics
            .iter()
            .find(|topic| topic.code == word || topic.zh == word || topic.en == word);
        match known {
            Some(topic) => self.item.topic.clone_from(&topic.code),
            None if word.is_empty() => {}
            None => self.unmapped("topic", word),
        }
    }

    fn unmapped(&mut self, field: &str, value: &str) {
        *self.batch.unmapped.entry(format!("{field}: {value}")).or_default() += 1;
    }

    /// Names of themes to codes: `N…` for natural, `L…` for legal persons, both where it is for all.
    fn theme_codes(&mut self) {
        for name in std::mem::take(&mut self.themes) {
            // 社会保障（社会保险、社会救助） is the theme 社会保障.
            let short = name.split(['（', '(']).next().unwrap_or_default();
            let codes: Vec<String> = self
                .taxonomy
                .themes
                .iter()
                .filter(|theme| {
                    let zh = theme.zh.split(['（', '(']).next().unwrap_or_default();
                    theme.code == name || zh == short || theme.en == name
                })
                .filter(|theme| match self.item.audience {
                    Audience::Natural => theme.code == name || theme.code.starts_with('N'),
                    Audience::Legal => theme.code == name || theme.code.starts_with('L'),
                    Audience::All => true,
                })
                .map(|theme| theme.code.clone())
                .collect();
            if codes.is_empty() {
                self.unmapped("themes", &name);
            }
            self.item.themes.extend(codes);
        }
        self.item.themes.sort();
        self.item.themes.dedup();
    }

    fn finish(mut self, guessed: bool) -> Upsert {
        self.theme_codes();
        let kind = self.kind.or(self.is_service.then_some(ItemKind::Service)).or(self.options.kind);
        self.item.kind = kind.unwrap_or_default();
        if self.item.kind == ItemKind::Service {
            self.item.service = Some(self.service.clone());
        }
        if guessed {
            self.item.review = ReviewState::Draft;
        }
        if self.item.id.as_str().is_empty() {
            self.item.id = made_id(&self.item).into();
        }
        self.item.published_at = self.published.unwrap_or_default();
        Upsert { dated: self.published.is_some(), item: self.item }
    }
}

/// The same record gets the same id in every import: from its address, else its code or number, else what it says.
fn made_id(item: &Item) -> String {
    let code = item.service.as_ref().map(|service| service.task_code.as_str()).unwrap_or_default();
    let parts = if !item.url.is_empty() {
        ["url", &item.url, ""]
    } else if !code.is_empty() {
        ["code", code, ""]
    } else {
        ["title", &item.title.zh, &item.dept]
    };
    let mut hash = Sha256::new();
    hash.update(item.site.0.to_be_bytes());
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let hex: String = hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("h{hex}")
}

/// Fills what is still empty.
fn put(place: &mut String, value: String) {
    if place.is_empty() {
        *place = value;
    }
}

/// Text, or an object with `zh` and `en`.
fn both(place: &mut Text, value: &Value) -> Result<(), String> {
    if let Value::Object(texts) = value {
        put(&mut place.zh, values::text(texts.get("zh").unwrap_or(&Value::Null))?);
        put(&mut place.en, values::text(texts.get("en").unwrap_or(&Value::Null))?);
    } else {
        put(&mut place.zh, values::text(value)?);
    }
    Ok(())
}
