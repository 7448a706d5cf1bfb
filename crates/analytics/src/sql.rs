//! Checked question → SQL text. Text comes from this crate or is a placeholder; values are only ever bound.

mod content;
mod funnel;
mod realtime;
mod recommendations;
mod search;
mod trends;

use crate::{
    Checked, Column, ColumnKind, Dimension, Param, Plan, Query, QueryError, Question, Table,
    ValidScope, Value,
};

impl Query {
    /// All steps at once: check, optimise, write.
    ///
    /// # Errors
    /// As [`Query::check`].
    pub fn plan(self, now: jiff::Timestamp) -> Result<Plan, QueryError> {
        Ok(self.check(now)?.plan())
    }
}

impl Checked {
    /// The SQL that answers the question, with its parameters and the meaning of its columns.
    pub fn plan(&self) -> Plan {
        let scope = &self.scope;
        match &self.question {
            Question::Trends(trends) => match self.table() {
                Table::Events => trends::from_events(scope, trends),
                Table::Hourly => trends::from_hourly(scope, trends),
            },
            Question::TopContent(top) => content::plan(scope, top),
            Question::Recommendations(by) => recommendations::plan(scope, by),
            Question::Search(search) => search::plan(scope, search),
            Question::Funnel(funnel) => funnel::plan(scope, funnel),
            Question::Realtime(_) => realtime::plan(scope),
        }
    }
}

/// SQL in the making. Only text of the program's own and placeholders can be added.
#[derive(Debug, Default)]
struct Sql {
    text: String,
    params: Vec<Param>,
}

impl Sql {
    fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// A placeholder for `value`; the same name stands for the same value.
    fn bind(&mut self, name: &'static str, value: Value) -> &mut Self {
        self.bind_named(name.to_owned(), value)
    }

    /// A placeholder numbered within a list.
    fn bind_nth(&mut self, list: &'static str, position: usize, value: Value) -> &mut Self {
        self.bind_named(format!("{list}_{position}"), value)
    }

    fn bind_named(&mut self, name: String, value: Value) -> &mut Self {
        self.text.push('{');
        self.text.push_str(&name);
        self.text.push(':');
        self.text.push_str(value.type_name());
        self.text.push('}');
        if !self.params.iter().any(|param| param.name == name) {
            self.params.push(Param { name, value });
        }
        self
    }

    /// The clock that cuts days.
    fn zone(&mut self, scope: &ValidScope) -> &mut Self {
        self.bind("zone", Value::Text(scope.period.zone_name.clone()))
    }

    /// First instant of the period as a `DateTime64(3)`.
    fn from(&mut self, scope: &ValidScope) -> &mut Self {
        self.push("fromUnixTimestamp64Milli(")
            .bind("from", Value::Signed(scope.period.from.as_millisecond()))
            .push(", 'UTC')")
    }

    /// First instant after the period as a `DateTime64(3)`.
    fn to(&mut self, scope: &ValidScope) -> &mut Self {
        self.push("fromUnixTimestamp64Milli(")
            .bind("to", Value::Signed(scope.period.to.as_millisecond()))
            .push(", 'UTC')")
    }

    /// `bucket` on the question's clock as ISO text.
    fn time_column(&mut self, scope: &ValidScope) -> &mut Self {
        self.push("formatDateTime(bucket, '%Y-%m-%dT%H:%i:%S', ").zone(scope).push(") AS time")
    }

    /// Sites, kinds of traffic and the filters both tables know.
    fn coarse_filters(&mut self, scope: &ValidScope) -> &mut Self {
        if let [site] = scope.sites[..] {
            self.push("\n  AND site_id = ").bind("site", Value::Unsigned(u64::from(site.0)));
        } else if !scope.sites.is_empty() {
            let sites = scope.sites.iter().map(|site| site.0).collect();
            self.push("\n  AND site_id IN ").bind("sites", Value::Numbers(sites));
        }
        if !scope.include_bots {
            self.push("\n  AND bot = 0");
        }
        if let Some(channel) = scope.channel {
            self.push("\n  AND channel = ")
                .bind("channel", Value::Text(channel.as_str().to_owned()));
        }
        if let Some(device) = &scope.device {
            self.push("\n  AND device = ").bind("device", Value::Text(device.clone()));
        }
        self
    }

    /// The whole condition on `events`: period (with its days, which are in the key) and filters.
    fn scope(&mut self, scope: &ValidScope) -> &mut Self {
        self.push("ts >= ").from(scope).push(" AND ts < ").to(scope);
        self.push("\n  AND day >= toDate(").from(scope);
        self.push(", 'UTC') AND day <= toDate(").to(scope).push(", 'UTC')");
        self.coarse_filters(scope);
        if let Some(column) = &scope.column {
            self.push("\n  AND column_id = ").bind("column", Value::Text(column.clone()));
        }
        if let Some(dept) = &scope.dept {
            self.push("\n  AND dept = ").bind("dept", Value::Text(dept.clone()));
        }
        if let Some(topic) = &scope.topic {
            self.push("\n  AND topic = ").bind("topic", Value::Text(topic.clone()));
        }
        if let Some(kind) = scope.kind {
            self.push("\n  AND item_kind = ").bind("kind", Value::Text(kind.as_str().to_owned()));
        }
        self
    }

    /// `LIMIT`, with `default` where the caller did not say.
    fn limit(&mut self, scope: &ValidScope, default: u32) -> &mut Self {
        let rows = u64::from(scope.limit.unwrap_or(default));
        self.push("\nLIMIT ").bind("limit", Value::Unsigned(rows))
    }

    fn plan(self, columns: &[(&'static str, ColumnKind)]) -> Plan {
        let columns = columns.iter().map(|&(name, kind)| Column { name, kind }).collect();
        Plan { sql: self.text, params: self.params, columns }
    }
}

impl Dimension {
    /// The column of `events` as plain text.
    fn sql(self) -> &'static str {
        match self {
            Self::Channel => "toString(channel)",
            Self::Column => "toString(column_id)",
            Self::Dept => "toString(dept)",
            Self::Device => "toString(device)",
            Self::Kind => "toString(item_kind)",
            Self::Topic => "toString(topic)",
            Self::Region => "toString(region)",
            Self::Event => "toString(event)",
            Self::Referrer => "toString(ref_host)",
        }
    }
}

#[cfg(test)]
mod tests;
