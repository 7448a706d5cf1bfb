//! Configuration: a TOML file, then the environment, checked once into [`Config`].
//!
//! `deploy/civicsense.sample.toml` holds every setting with its default and is the documentation; a test keeps the
//! two equal. `CIVICSENSE__HTTP__LISTEN=0.0.0.0:80` overrides `[http] listen`. Nothing else reads the environment.

mod human;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde::{Deserialize, Serialize};
use url::Url;

pub use human::{Bytes, Span};

/// Days of security and access logs the law asks for at least (Cybersecurity Law: six months).
pub const LOG_DAYS_FLOOR: u32 = 183;
/// Days raw behaviour may be kept at most.
pub const BEHAVIOUR_DAYS_CEILING: u32 = 730;

/// Every setting, valid.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where to listen.
    pub http: Http,
    /// Where data lives.
    pub data: Data,
    /// The analytic store.
    pub clickhouse: ClickHouse,
    /// What trackers send.
    pub collect: Collect,
    /// The durable spool in front of it.
    pub spool: Spool,
    /// How long things are kept.
    pub retention: Retention,
    /// When and on what models are trained.
    pub training: Training,
    /// Lists of your own making.
    pub recommend: Recommend,
    /// Web Push.
    pub push: Push,
    /// Logs.
    pub log: Log,
}

/// `[http]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Address and port.
    pub listen: SocketAddr,
    /// How the outside reaches this server; empty is `http://` and `listen`.
    pub public_url: String,
    /// Deadline of a request.
    pub deadline: Span,
    /// Largest body outside the collector (which allows 4 MB).
    pub body_limit: Bytes,
    /// Bearer token of the console's and editors' APIs; empty lets only loopback in.
    pub admin_token: String,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: String::new(),
            deadline: Span(Duration::from_secs(10)),
            body_limit: Bytes(1 << 20),
            admin_token: String::new(),
        }
    }
}

/// `[data]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Data {
    /// Directory of everything durable: spool, SQLite, index, models, embedded ClickHouse.
    pub dir: PathBuf,
}

impl Default for Data {
    fn default() -> Self {
        Self { dir: PathBuf::from("civicsense-data") }
    }
}

/// `[clickhouse]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClickHouse {
    /// A running ClickHouse's HTTP address; empty starts the embedded engine.
    pub url: String,
    /// Its user.
    pub user: String,
    /// Its password.
    pub password: String,
    /// The database.
    pub database: String,
    /// An existing `libchdb.so`; empty fetches it.
    pub library: String,
    /// Where a fetched library is kept, shared between data directories; empty is the user's cache directory.
    pub cache_dir: String,
}

impl Default for ClickHouse {
    fn default() -> Self {
        Self {
            url: String::new(),
            user: "default".to_owned(),
            password: String::new(),
            database: "civicsense".to_owned(),
            library: String::new(),
            cache_dir: String::new(),
        }
    }
}

/// `[collect]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Collect {
    /// Directory of pipelines that stand in for the built-in ones: dialects by what they read, `road.toml` for what they
    /// share. Empty is none.
    pub pipelines: String,
    /// Directory of the sites' tracking plans, one TOML file each; empty is `plans` in the data directory.
    pub plans: String,
    /// A file in MaxMind's DB format that tells the regions of addresses; empty is none. Nothing is asked over the network.
    pub regions: String,
    /// Logs that are still being written, each `SITE=PATH`: the server follows them.
    pub logs: Vec<String>,
}

impl Collect {
    /// The logs to follow: code of the site, and path.
    ///
    /// # Errors
    /// An entry that is not `SITE=PATH`.
    pub fn logs(&self) -> anyhow::Result<Vec<(String, PathBuf)>> {
        let pair = |entry: &String| match entry.split_once('=') {
            Some((site, path)) if !site.is_empty() && !path.is_empty() => {
                Ok((site.trim().to_owned(), PathBuf::from(path.trim())))
            }
            _ => bail!("collect.logs: expected SITE=PATH, found {entry:?}"),
        };
        self.logs.iter().map(pair).collect()
    }
}

/// `[spool]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Spool {
    /// Past this the collector answers 503: nothing accepted is ever dropped.
    pub limit: Bytes,
    /// The same where less than this is free on its disk.
    pub min_free: Bytes,
}

impl Default for Spool {
    fn default() -> Self {
        Self { limit: Bytes(8 << 30), min_free: Bytes(256 << 20) }
    }
}

/// `[retention]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Raw behaviour, in days; aggregates stay.
    pub behaviour_days: u32,
    /// Security and access logs, in days.
    pub log_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { behaviour_days: 180, log_days: 400 }
    }
}

/// `[training]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Training {
    /// Time between trainings; `0s` trains only on demand.
    pub every: Span,
    /// How far back training looks, in days.
    pub window_days: u32,
    /// Seed of everything random.
    pub seed: u64,
    /// Models older than this are not served: answers are then `degraded`.
    pub max_age: Span,
    /// Who puts freshly trained models in service.
    pub promote: Promote,
}

/// Who puts freshly trained models in service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Promote {
    /// The training itself, where they pass their gates.
    #[default]
    Auto,
    /// Somebody who approves them.
    Approval,
}

impl Default for Training {
    fn default() -> Self {
        Self {
            every: Span(Duration::from_secs(6 * 3600)),
            window_days: 90,
            seed: 20_170_101,
            max_age: Span(Duration::from_secs(14 * 86_400)),
            promote: Promote::Auto,
        }
    }
}

/// `[recommend]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recommend {
    /// Directory of pipelines that replace the built-in ones of the same name or come beside them; empty is none. Read
    /// again when a file changes.
    pub pipelines: String,
    /// The file of experiments; empty is none. Read again when it changes.
    pub experiments: String,
}

/// `[push]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Push {
    /// Contact the push services see in the VAPID token: `mailto:` or `https:` (RFC 8292).
    pub contact: String,
    /// Lets endpoints on loopback and plain HTTP in: for tests only.
    pub allow_loopback: bool,
    /// IANA time zone of people whose own is not known.
    pub time_zone: String,
}

impl Default for Push {
    fn default() -> Self {
        Self {
            contact: "mailto:portal@example.gov.cn".to_owned(),
            allow_loopback: false,
            time_zone: "Asia/Shanghai".to_owned(),
        }
    }
}

/// `[log]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// A `tracing` filter.
    pub filter: String,
    /// `text` or `json`.
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info,tantivy=warn,sqlx=warn".to_owned(), format: LogFormat::Text }
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

impl Config {
    /// The file (if any), then the environment, checked.
    ///
    /// # Errors
    /// An unreadable file, an unknown key, a wrong type, or a value outside its floor and ceiling.
    pub fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        let text = match file {
            Some(path) => std::fs::read_to_string(path)
                .with_context(|| format!("cannot read the configuration {}", path.display()))?,
            None => String::new(),
        };
        let pairs = std::env::vars().filter(|(name, _)| name.starts_with("CIVICSENSE__"));
        Self::parse(&text, pairs)
    }

    /// The same from a text and pairs, for tests.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(
        text: &str,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> anyhow::Result<Self> {
        let mut table: toml::Table = text.parse().context("the configuration is not TOML")?;
        for (name, value) in environment {
            let path = name.trim_start_matches("CIVICSENSE__").to_ascii_lowercase();
            let Some((section, key)) = path.split_once("__") else {
                bail!("{name}: expected CIVICSENSE__SECTION__KEY");
            };
            let entry = table
                .entry(section.to_owned())
                .or_insert_with(|| toml::Value::Table(toml::Table::new()));
            let toml::Value::Table(section) = entry else { bail!("{section} is not a section") };
            section.insert(key.to_owned(), literal(&value));
        }
        let config: Self = toml::Value::Table(table).try_into().context("the configuration")?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> anyhow::Result<()> {
        self.collect.logs()?;
        ensure!(
            self.retention.log_days >= LOG_DAYS_FLOOR,
            "retention.log_days is {}, the law asks for at least {LOG_DAYS_FLOOR}",
            self.retention.log_days
        );
        ensure!(
            (1..=BEHAVIOUR_DAYS_CEILING).contains(&self.retention.behaviour_days),
            "retention.behaviour_days is {}, allowed is 1 to {BEHAVIOUR_DAYS_CEILING}",
            self.retention.behaviour_days
        );
        ensure!(self.training.window_days >= 1, "training.window_days must be at least 1");
        ensure!(
            self.push.contact.starts_with("mailto:") || self.push.contact.starts_with("https:"),
            "push.contact must start with mailto: or https:"
        );
        jiff::tz::TimeZone::get(&self.push.time_zone).context("push.time_zone")?;
        if !self.clickhouse.url.is_empty() {
            Url::parse(&self.clickhouse.url).context("clickhouse.url")?;
        }
        ensure!(
            self.http.listen.ip().is_loopback() || !self.http.admin_token.is_empty(),
            "http.listen is open to others: set http.admin_token, or listen on loopback"
        );
        Ok(())
    }

    /// How the outside reaches this server.
    pub fn public_url(&self) -> String {
        if self.http.public_url.is_empty() {
            format!("http://{}", self.http.listen)
        } else {
            self.http.public_url.trim_end_matches('/').to_owned()
        }
    }
}

/// The user's cache directory (XDG Base Directory Specification).
///
/// # Errors
/// Neither `XDG_CACHE_HOME` nor `HOME` is set.
#[expect(clippy::disallowed_methods, reason = "this is the configuration module")]
pub fn user_cache_dir() -> anyhow::Result<PathBuf> {
    if let Ok(dir) = std::env::var("XDG_CACHE_HOME")
        && !dir.is_empty()
    {
        return Ok(PathBuf::from(dir));
    }
    let home = std::env::var("HOME").context("set HOME, or clickhouse.cache_dir")?;
    Ok(PathBuf::from(home).join(".cache"))
}

/// The environment's text as a TOML value: a number or a truth value where it reads as one.
/// A list as TOML writes it.
fn list(text: &str) -> Option<toml::Value> {
    let table: toml::Table = format!("list = {text}").parse().ok()?;
    table.get("list").cloned()
}

fn literal(text: &str) -> toml::Value {
    if let Ok(number) = text.parse::<i64>() {
        toml::Value::Integer(number)
    } else if let Ok(truth) = text.parse::<bool>() {
        toml::Value::Boolean(truth)
    } else if let Some(list) = text.starts_with('[').then(|| list(text)).flatten() {
        list
    } else {
        toml::Value::String(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str =
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/civicsense.sample.toml"));

    #[test]
    fn the_sample_is_every_setting_at_its_default() {
        assert_eq!(Config::parse(SAMPLE, []).unwrap(), Config::default());
        let written: toml::Table = SAMPLE.parse().unwrap();
        let known = toml::Table::try_from(Config::default()).unwrap();
        for (section, keys) in &known {
            for key in keys.as_table().unwrap().keys() {
                assert!(written[section].get(key).is_some(), "the sample lacks {section}.{key}");
            }
        }
    }

    #[test]
    fn unknown_keys_and_forbidden_values_are_refused_by_name() {
        let refused = |text: &str| format!("{:#}", Config::parse(text, []).unwrap_err());
        assert!(refused("[http]\nlisten_on = 1").contains("listen_on"));
        assert!(refused("[retention]\nlog_days = 30").contains("log_days"));
        assert!(refused("[http]\nlisten = '0.0.0.0:80'").contains("admin_token"));
    }

    #[test]
    fn the_environment_wins() {
        let pairs = [("CIVICSENSE__TRAINING__SEED".to_owned(), "7".to_owned())];
        assert_eq!(Config::parse("[training]\nseed = 3", pairs).unwrap().training.seed, 7);
    }
}
