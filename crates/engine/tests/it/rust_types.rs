//! Typed rows through the official Rust client: the types the warehouse uses, out as they went in.

use clickhouse::Row;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::fixture::Running;

#[derive(Clone, Debug, PartialEq, Row, Serialize, Deserialize)]
struct Typed {
    #[serde(with = "clickhouse::serde::uuid")]
    id: Uuid,
    at: i64,
    day: u16,
    kind: String,
    url: Option<String>,
    tags: Vec<String>,
    props: Vec<(String, String)>,
    score: f64,
    big: u128,
    flag: bool,
    pair: (u8, i32),
    maybe: Vec<Option<i16>>,
    fixed: [u8; 4],
}

#[tokio::test]
async fn every_type_comes_out_as_it_went_in() {
    let running = Running::start().await;
    let client = running.client();
    client
        .query(
            "CREATE TABLE t (
                id UUID, at DateTime64(3, 'Asia/Shanghai'), day Date, kind LowCardinality(String), url Nullable(String),
                tags Array(LowCardinality(String)), props Map(LowCardinality(String), String), score Float64, big UInt128,
                flag Bool, pair Tuple(UInt8, Int32), maybe Array(Nullable(Int16)), fixed FixedString(4)
            ) ENGINE = MergeTree ORDER BY at",
        )
        .execute()
        .await
        .expect("created");
    let rows: Vec<Typed> = (0..500)
        .map(|n| Typed {
            id: Uuid::from_u128(u128::try_from(n).expect("not negative")),
            at: 1_700_000_000_000 + n,
            day: 20_000,
            kind: format!("kind {}", n % 3),
            url: (n % 2 == 0).then(|| format!("/政策/{n}")),
            tags: (0..n % 4).map(|t| format!("tag {t}")).collect(),
            props: vec![("k".to_owned(), n.to_string()), ("空".to_owned(), String::new())],
            score: n as f64 / 7.0,
            big: u128::MAX - u128::try_from(n).expect("not negative"),
            flag: n % 2 == 1,
            pair: (7, -7),
            maybe: vec![None, Some(-1)],
            fixed: *b"abcd",
        })
        .collect();
    let mut insert = client.insert::<Typed>("t").await.expect("described");
    for row in &rows {
        insert.write(row).await.expect("written");
    }
    insert.end().await.expect("stored");
    let read =
        client.query("SELECT ?fields FROM t ORDER BY at").fetch_all::<Typed>().await.expect("read");
    assert_eq!(read, rows);
    let shown = client
        .query("SELECT toString(at), kind, url FROM t WHERE at = ?")
        .bind(1_700_000_000.004_f64);
    let shown = shown.fetch_one::<(String, String, Option<String>)>().await.expect("read");
    assert_eq!(
        shown,
        ("2023-11-15 06:13:20.004".to_owned(), "kind 1".to_owned(), Some("/政策/4".to_owned()))
    );
    running.engine.stop().await;
}
