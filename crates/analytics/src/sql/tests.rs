//! The SQL of every question pinned, and proof that a caller's text never gets into it.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::{Plan, Query, QueryError, Table};

fn now() -> jiff::Timestamp {
    "2026-11-23T04:30:15.250Z".parse().unwrap()
}

fn plan(question: Json) -> Plan {
    Query::parse(question).unwrap().plan(now()).unwrap()
}

fn table(question: Json) -> Table {
    Query::parse(question).unwrap().check(now()).unwrap().table()
}

fn refused(question: Json) -> String {
    match Query::parse(question).and_then(|query| query.plan(now())) {
        Ok(plan) => panic!("should be refused: {}", plan.sql),
        Err(error) => error.to_string(),
    }
}

fn show(plan: &Plan) -> String {
    let mut text = plan.sql.clone();
    text.push_str("\n\n");
    for param in &plan.params {
        text.push_str(&format!("{}:{} = {:?}\n", param.name, param.value.type_name(), param.value));
    }
    text.push('\n');
    for column in &plan.columns {
        text.push_str(&format!("{} {:?}\n", column.name, column.kind));
    }
    text
}

/// One of every question, with the names of the snapshots.
fn questions() -> Vec<(&'static str, Json)> {
    vec![
        (
            "trends_hourly",
            json!({"question": "trends", "site": 1, "from": "2026-11-01", "to": "2026-11-07"}),
        ),
        (
            "trends_events_breakdown",
            json!({"question": "trends", "sites": [1, 2], "metric": "sessions", "interval": "hour",
                "breakdown": "column", "from": "2026-11-01", "to": "2026-11-02", "limit": 3}),
        ),
        (
            "trends_hourly_visitors_by_channel",
            json!({"question": "trends", "metric": "visitors", "breakdown": "channel", "include_bots": true,
                "from": "2026-11-01", "to": "2026-11-07", "device": "mobile"}),
        ),
        (
            "trends_people",
            json!({"question": "trends", "site": 1, "metric": "people", "from": "2026-11-01", "to": "2026-11-07"}),
        ),
        (
            "top_content_items",
            json!({"question": "top_content", "site": 1, "kind": "service", "limit": 20}),
        ),
        (
            "top_content_columns",
            json!({"question": "top_content", "by": "column", "order": "engaged", "dept": "教育局"}),
        ),
        (
            "recommendations_models",
            json!({"question": "recommendations", "site": 1, "by": "models"}),
        ),
        ("recommendations_policy", json!({"question": "recommendations", "site": 1})),
        (
            "recommendations_day",
            json!({"question": "recommendations", "by": "day", "time_zone": "UTC"}),
        ),
        ("search_top", json!({"question": "search", "site": 1, "k": 3})),
        ("search_zero_results", json!({"question": "search", "report": "zero_results"})),
        ("search_summary", json!({"question": "search", "report": "summary", "channel": "kiosk"})),
        (
            "funnel",
            json!({"question": "funnel", "site": 1, "window_minutes": 60, "breakdown": "channel", "steps": [
                {"event": "search"}, {"event": "page_view", "kind": "service"}, {"event": "service_submit", "service": "s-1"}]}),
        ),
        ("realtime", json!({"question": "realtime", "site": 1, "minutes": 15})),
    ]
}

#[test]
fn every_question_has_the_pinned_sql() {
    for (name, question) in questions() {
        insta::assert_snapshot!(name, show(&plan(question)));
    }
}

#[test]
fn every_placeholder_is_bound_once_and_nothing_else() {
    for (name, question) in questions() {
        let plan = plan(question);
        for param in &plan.params {
            let placeholder = format!("{{{}:{}}}", param.name, param.value.type_name());
            assert!(plan.sql.contains(&placeholder), "{name}: {placeholder} is not used");
        }
        assert_eq!(placeholders(&plan.sql), plan.params.len(), "{name}: unbound placeholder");
    }
}

/// How many different placeholders the text has.
fn placeholders(sql: &str) -> usize {
    let mut names: Vec<&str> =
        sql.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
    names.sort_unstable();
    names.dedup();
    names.len()
}

#[test]
fn the_rollup_answers_only_what_it_knows() {
    let week = |extra: Json| {
        let mut question = json!({"question": "trends", "from": "2026-11-01", "to": "2026-11-07"});
        question.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        table(question)
    };
    assert_eq!(week(json!({})), Table::Hourly);
    assert_eq!(week(json!({"metric": "events", "interval": "hour"})), Table::Hourly);
    assert_eq!(week(json!({"channel": "app", "device": "mobile"})), Table::Hourly);
    assert_eq!(week(json!({"metric": "sessions"})), Table::Events);
    assert_eq!(week(json!({"interval": "minute"})), Table::Events);
    assert_eq!(week(json!({"breakdown": "dept"})), Table::Events);
    assert_eq!(week(json!({"topic": "T15"})), Table::Events);
    assert_eq!(
        week(json!({"time_zone": "Asia/Kolkata"})),
        Table::Events,
        "days begin at half past"
    );
    assert_eq!(week(json!({"to": "2026-11-07T08:15:00Z"})), Table::Events, "ends inside an hour");
    assert_eq!(table(json!({"question": "trends"})), Table::Hourly, "an open end needs no cut");
}

#[test]
fn an_open_period_is_seven_days_on_the_questions_clock() {
    let query = Query::parse(json!({"question": "trends"})).unwrap();
    let period = query.check(now()).unwrap().scope.period;
    assert_eq!(period.from, "2026-11-16T16:00:00Z".parse().unwrap());
    assert_eq!(period.to, now());
}

#[test]
fn a_date_at_the_end_is_included_and_an_instant_is_not() {
    let to = |text: &str| {
        let question = json!({"question": "search", "from": "2026-11-01", "to": text});
        Query::parse(question).unwrap().check(now()).unwrap().scope.period.to
    };
    assert_eq!(to("2026-11-07"), "2026-11-07T16:00:00Z".parse().unwrap());
    assert_eq!(to("2026-11-07T00:00:00Z"), "2026-11-07T00:00:00Z".parse().unwrap());
}

#[test]
fn an_error_names_the_field() {
    let cases = [
        (json!({}), "question: is missing"),
        (json!({"question": "gossip"}), "question: is one of"),
        (json!({"question": "trends", "metrik": "x"}), "metrik: unknown field"),
        (json!({"question": "trends", "metric": "x"}), "metric: unknown variant"),
        (json!({"question": "trends", "steps": []}), "steps: unknown field"),
        (json!({"question": "trends", "from": 5}), "from: invalid type"),
        (json!({"question": "trends", "site": "one"}), "site: a site number"),
        (json!({"question": "trends", "site": 1, "sites": [2]}), "site: give either"),
        (json!({"question": "trends", "from": "soon"}), "from: is a date"),
        (
            json!({"question": "trends", "from": "2026-11-08", "to": "2026-11-07"}),
            "from: must be before",
        ),
        (json!({"question": "trends", "from": "2010-01-01"}), "from: a period is at most"),
        (
            json!({"question": "trends", "from": "-009999-01-01", "to": "9999-12-31"}),
            "to: must lie",
        ),
        (json!({"question": "trends", "time_zone": "Mars"}), "time_zone: "),
        (json!({"question": "trends", "limit": 0}), "limit: must be between"),
        (json!({"question": "trends", "interval": "minute", "from": "2026-01-01"}), "interval: "),
        (json!({"question": "search", "k": 0}), "k: must be between"),
        (json!({"question": "search", "dept": "x".repeat(513)}), "dept: at most"),
        (json!({"question": "realtime", "minutes": 999}), "minutes: must be between"),
        (json!({"question": "funnel", "steps": [{"event": "a"}]}), "steps: a funnel has"),
        (
            json!({"question": "funnel", "steps": [{"event": "a"}, {}]}),
            "steps[1].event: is missing",
        ),
        (
            json!({"question": "funnel", "steps": [{"event": "a"}, {"event": 3}]}),
            "steps[1].event: invalid type",
        ),
        (
            json!({"question": "funnel", "steps": [{"event": "a"}, {"evnt": "b"}]}),
            "steps[1].evnt: unknown field",
        ),
    ];
    for (question, expected) in cases {
        let text = question.to_string();
        let error = refused(question);
        assert!(error.starts_with(expected), "{text}\n  said {error}\n  not  {expected}");
    }
    assert!(matches!(Query::parse(json!([])), Err(QueryError::Shape(_))));
}

#[test]
fn a_query_string_asks_the_same_question() {
    let pairs = [
        ("question", "trends"),
        ("sites", "1,2"),
        ("metric", "searches"),
        ("include_bots", "true"),
        ("limit", "5"),
        ("column", "42"),
    ];
    let json = json!({"question": "trends", "sites": [1, 2], "metric": "searches", "include_bots": true,
        "limit": 5, "column": "42"});
    assert_eq!(Query::from_pairs(pairs).unwrap(), Query::parse(json).unwrap());
}

#[test]
fn a_question_survives_being_saved() {
    for (name, question) in questions() {
        let query = Query::parse(question).unwrap();
        let saved = serde_json::to_value(&query).unwrap();
        assert_eq!(serde_json::from_value::<Query>(saved).unwrap(), query, "{name}");
    }
}

proptest! {
    #[test]
    fn the_sql_does_not_depend_on_what_the_caller_wrote(
        texts in proptest::collection::vec("[\\PC\\n']{1,40}", 12),
        sites in proptest::collection::vec(any::<u32>(), 2..5),
    ) {
        let question = |text: &dyn Fn(usize) -> String, sites: &[u32]| json!({
            "question": "funnel", "sites": sites, "device": text(0), "column": text(1), "dept": text(2),
            "topic": text(3), "from": "2026-11-01", "to": "2026-11-02", "breakdown": "topic", "steps": [
                {"event": text(4), "item": text(5), "column": text(6), "dept": text(7)},
                {"event": text(8), "topic": text(9), "path": text(10), "service": text(11)},
            ],
        });
        let hostile = plan(question(&|nth| texts[nth].clone(), &sites));
        let tame = plan(question(&|_| "x".to_owned(), &[7, 8]));
        prop_assert_eq!(&hostile.sql, &tame.sql);
        for text in &texts {
            let bound = crate::Value::Text(text.clone());
            prop_assert!(hostile.params.iter().any(|param| param.value == bound));
        }
    }

    #[test]
    fn filters_of_every_question_are_bound(text in "[\\PC\\n']{1,40}") {
        for (_, question) in questions() {
            let with = |filter: &str| {
                let mut question = question.clone();
                for field in ["device", "column", "dept", "topic"] {
                    question[field] = json!(filter);
                }
                plan(question).sql
            };
            prop_assert_eq!(with(&text), with("x"));
        }
    }

    #[test]
    fn no_text_makes_the_check_panic(from in "\\PC{0,30}", to in "\\PC{0,30}", zone in "\\PC{0,20}") {
        let question = json!({"question": "trends", "from": from, "to": to, "time_zone": zone});
        drop(Query::parse(question).and_then(|query| query.plan(now())));
    }
}
