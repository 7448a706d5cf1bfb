//! The interface itself: who is let in, what is refused and how, encodings both ways.

use std::io::{Read as _, Write as _};

use reqwest::StatusCode;

use crate::fixture::Running;

#[tokio::test]
async fn only_the_right_password_gets_in() {
    let running = Running::start().await;
    let get = |url: String| async move {
        let response = reqwest::get(url).await.expect("answered");
        let code = response
            .headers()
            .get("x-clickhouse-exception-code")
            .map(|v| v.to_str().expect("text").to_owned());
        (response.status(), code, response.text().await.expect("whole"))
    };
    let url = running.engine.url().to_string();
    assert_eq!(get(format!("{url}ping")).await, (StatusCode::OK, None, "Ok.\n".to_owned()));
    let (status, code, _) = get(format!("{url}?query=SELECT+1")).await;
    assert_eq!((status, code.as_deref()), (StatusCode::UNAUTHORIZED, Some("194")));
    let (status, code, text) =
        get(format!("{url}?query=SELECT+1&user=default&password=wrong")).await;
    assert_eq!((status, code.as_deref()), (StatusCode::FORBIDDEN, Some("516")));
    assert!(
        text.starts_with("Code: 516. DB::Exception: ") && text.contains("AUTHENTICATION_FAILED"),
        "{text}"
    );
    let good = format!("{url}?query=SELECT+1&user=default&password={}", running.engine.password());
    assert_eq!(get(good).await, (StatusCode::OK, None, "1\n".to_owned()));
    let keyed = reqwest::Client::new()
        .post(&url)
        .header("X-ClickHouse-User", "default")
        .header("X-ClickHouse-Key", running.engine.password())
        .body("SELECT 2");
    assert_eq!(keyed.send().await.expect("answered").text().await.expect("whole"), "2\n");
    running.engine.stop().await;
}

#[tokio::test]
async fn a_get_reads_and_never_writes() {
    let running = Running::start().await;
    running.ask("CREATE TABLE t (a UInt8) ENGINE = Memory").await;
    let get = |query: &str| {
        let url = format!("{}?query={}", running.engine.url(), query.replace(' ', "+"));
        reqwest::Client::new()
            .get(url)
            .basic_auth("default", Some(running.engine.password()))
            .send()
    };
    for query in [
        "INSERT INTO t VALUES (1)",
        "DROP TABLE t",
        "INSERT INTO t SELECT 1",
        "CREATE TABLE u (a Int8) ENGINE=Memory",
    ] {
        let response = get(query).await.expect("answered");
        assert_eq!(
            response.headers().get("x-clickhouse-exception-code").expect("refused"),
            "164",
            "{query}"
        );
    }
    assert_eq!(
        get("SELECT count() FROM t").await.expect("answered").text().await.expect("whole"),
        "0\n"
    );
    running.engine.stop().await;
}

#[tokio::test]
async fn errors_have_clickhouses_codes_and_statuses() {
    let running = Running::start().await;
    for (sql, query_string, status, code) in [
        ("SELECT * FROM nope", "", 404, "60"),
        ("SELEC 1", "", 400, "62"),
        ("SELECT 1", "database=nope", 404, "81"),
        ("SELECT 1", "no_such_setting=1", 404, "115"),
        ("SELECT 1", "max_threads=many", 400, "27"),
        ("SELECT {a:UInt8}", "", 500, "456"),
        ("SELECT 1; SELECT 2", "", 400, "62"),
        ("SELECT 1 INTO OUTFILE '/tmp/x'", "", 500, "358"),
        ("SET max_threads = 1", "", 501, "48"),
        ("CREATE TEMPORARY TABLE t (a Int8)", "", 501, "48"),
        ("SELECT 1", "role=admin", 404, "511"),
        ("SELECT throwIf(number = 5) FROM numbers(10)", "wait_end_of_query=1", 500, "395"),
        ("SELECT * FROM file('/etc/passwd', 'LineAsString')", "", 403, "497"),
        ("SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')", "", 403, "497"),
        ("SELECT * FROM remote('127.0.0.1', system.one)", "", 403, "497"),
    ] {
        let response = running.post(query_string).body(sql).send().await.expect("answered");
        let found = response
            .headers()
            .get("x-clickhouse-exception-code")
            .map(|v| v.to_str().expect("text").to_owned());
        let answer = (response.status().as_u16(), found, response.text().await.expect("whole"));
        assert_eq!((answer.0, answer.1.as_deref()), (status, Some(code)), "{sql}: {}", answer.2);
        assert!(answer.2.starts_with(&format!("Code: {code}. DB::Exception: ")), "{}", answer.2);
    }
    running.engine.stop().await;
}

#[tokio::test]
async fn headers_say_what_the_answer_is() {
    let running = Running::start().await;
    let response = running
        .post("query_id=my-id&default_format=JSONEachRow")
        .body("SELECT 1 AS a")
        .send()
        .await
        .expect("answered");
    let header =
        |name: &str| response.headers().get(name).map(|v| v.to_str().expect("text").to_owned());
    assert_eq!(header("x-clickhouse-query-id").as_deref(), Some("my-id"));
    assert_eq!(header("x-clickhouse-format").as_deref(), Some("JSONEachRow"));
    assert!(
        header("x-clickhouse-timezone").is_some() && header("x-clickhouse-exception-tag").is_some()
    );
    assert!(header("content-type").is_some_and(|t| t.starts_with("application/x-ndjson")));
    running.ask("CREATE TABLE t (a UInt8) ENGINE = Memory").await;
    let insert = running
        .post("query=INSERT+INTO+t+FORMAT+CSV")
        .body("1\n2\n")
        .send()
        .await
        .expect("answered");
    let summary = insert
        .headers()
        .get("x-clickhouse-summary")
        .expect("summary")
        .to_str()
        .expect("text")
        .to_owned();
    assert!(summary.contains("\"written_rows\":\"2\""), "{summary}");
    running.engine.stop().await;
}

#[tokio::test]
async fn bodies_may_be_encoded_both_ways() {
    let running = Running::start().await;
    running.ask("CREATE TABLE t (a UInt32) ENGINE = Memory").await;
    let plain: String = (0..1000).map(|n| format!("{n}\n")).collect();

    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(plain.as_bytes()).expect("in memory");
    let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
    lz4.write_all(plain.as_bytes()).expect("in memory");
    for (coding, body) in
        [("gzip", gzip.finish().expect("whole")), ("lz4", lz4.finish().expect("whole"))]
    {
        let request = running
            .post("query=INSERT+INTO+t+FORMAT+TSV")
            .header("content-encoding", coding)
            .body(body);
        let response = request.send().await.expect("answered");
        assert!(
            response.status().is_success(),
            "{coding}: {}",
            response.text().await.expect("whole")
        );
    }
    assert_eq!(running.ask("SELECT count(), sum(a) FROM t").await, "2000\t999000");

    let sql = "SELECT DISTINCT a FROM t ORDER BY a";
    for coding in ["gzip", "lz4"] {
        let response = running
            .post("")
            .header("accept-encoding", coding)
            .body(sql)
            .send()
            .await
            .expect("answered");
        assert_eq!(response.headers().get("content-encoding").expect("encoded"), coding);
        let body = response.bytes().await.expect("whole");
        let mut text = String::new();
        match coding {
            "gzip" => {
                flate2::read::GzDecoder::new(body.as_ref()).read_to_string(&mut text).expect("gzip")
            }
            _ => lz4_flex::frame::FrameDecoder::new(body.as_ref())
                .read_to_string(&mut text)
                .expect("lz4"),
        };
        assert_eq!(text, plain, "{coding}");
    }
    let zstd =
        running.post("query=INSERT+INTO+t+FORMAT+TSV").header("content-encoding", "zstd").body("x");
    assert_eq!(
        zstd.send()
            .await
            .expect("answered")
            .headers()
            .get("x-clickhouse-exception-code")
            .expect("refused"),
        "89"
    );
    running.engine.stop().await;
}

#[tokio::test]
async fn clickhouses_own_blocks_go_both_ways() {
    let running = Running::start().await;
    running.ask("CREATE TABLE t (a String) ENGINE = Memory").await;
    let blocks =
        running.post("compress=1").body("SELECT repeat('x', 1000) FROM numbers(3000)").send().await;
    let blocks = blocks.expect("answered").bytes().await.expect("whole");
    assert!(blocks.len() < 300_000, "{} bytes are not compressed", blocks.len());
    let insert = running
        .post("decompress=1&query=INSERT+INTO+t+FORMAT+TSV")
        .body(blocks.clone())
        .send()
        .await;
    assert!(insert.expect("answered").status().is_success());
    assert_eq!(running.ask("SELECT count(), sum(length(a)) FROM t").await, "3000\t3000000");
    let mut damaged = blocks.to_vec();
    damaged[30] ^= 1;
    let refused = running
        .post("decompress=1&query=INSERT+INTO+t+FORMAT+TSV")
        .body(damaged)
        .send()
        .await
        .expect("answered");
    assert_eq!(refused.headers().get("x-clickhouse-exception-code").expect("refused"), "271");
    running.engine.stop().await;
}

#[tokio::test]
async fn statements_see_nothing_of_each_other() {
    let running = Running::start().await;
    running.ask("CREATE DATABASE other").await;
    let with = running
        .post("database=other&max_threads=3")
        .body("SELECT currentDatabase(), getSetting('max_threads')");
    assert_eq!(with.send().await.expect("answered").text().await.expect("whole"), "other\t3\n");
    let without = running
        .ask("SELECT currentDatabase(), getSetting('async_insert'), getSetting('log_comment') = ''")
        .await;
    assert_eq!(without, "default\tfalse\t0");
    assert_eq!(
        running
            .ask("SELECT value FROM system.merge_tree_settings WHERE name = 'fsync_after_insert'")
            .await,
        "1"
    );
    assert_eq!(
        running
            .ask("SELECT value FROM system.merge_tree_settings WHERE name = 'fsync_part_directory'")
            .await,
        "1"
    );
    running.engine.stop().await;
}

#[tokio::test]
async fn every_shape_of_insert_arrives() {
    let running = Running::start().await;
    running.ask("CREATE TABLE t (a UInt8, b String DEFAULT 'd') ENGINE = Memory").await;
    running.ask("INSERT INTO t VALUES (1, 'x'), (2, 'y')").await;
    running.ask("INSERT INTO t (a) FORMAT JSONEachRow\n{\"a\":3}\n{\"a\":4}").await;
    running.ask("INSERT INTO t WITH 2 AS n SELECT number + 5, 's' FROM numbers(n)").await;
    for (query, body) in [
        ("query=INSERT+INTO+t+(a)+VALUES", "(7),(8)"),
        ("query=INSERT+INTO+t+(a)", " FORMAT TSV\n9\n"),
        ("query=INSERT+INTO+t+(a)+FORMAT+RowBinary", "\u{a}"),
        ("query=INSERT+INTO+t+SETTINGS+max_insert_block_size%3D1+FORMAT+CSV", "11,z\n"),
        ("query=INSERT+INTO+t+VALUES+(12,'q')", ""),
    ] {
        let response = running.post(query).body(body).send().await.expect("answered");
        assert!(
            response.status().is_success(),
            "{query}: {}",
            response.text().await.expect("whole")
        );
    }
    assert_eq!(
        running.ask("SELECT arraySort(groupArray(a)) FROM t").await,
        "[1,2,3,4,5,6,7,8,9,10,11,12]"
    );
    let broken = running
        .post("query=INSERT+INTO+t+FORMAT+JSONEachRow")
        .body("{\"a\":1}\n{oops")
        .send()
        .await
        .expect("answered");
    assert_eq!(broken.status(), StatusCode::BAD_REQUEST);
    assert_eq!(running.ask("SELECT count() FROM t").await, "12");
    running.engine.stop().await;
}
