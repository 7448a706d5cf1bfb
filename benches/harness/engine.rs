//! Questions straight to the analytic engine of a running program.

use std::path::Path;

use anyhow::{Context as _, ensure};

/// The first cell of a query's answer as a number.
pub(crate) async fn number(data_dir: &Path, sql: &str) -> anyhow::Result<f64> {
    let file = |name: &str| std::fs::read_to_string(data_dir.join("clickhouse").join(name));
    let (port, password) = (file("port")?, file("password")?);
    let url = format!("http://127.0.0.1:{}/?database=civicsense", port.trim());
    let request = reqwest::Client::new().post(url).basic_auth("default", Some(password.trim()));
    let response = request.body(format!("{sql} FORMAT TSV")).send().await?;
    let (status, text) = (response.status(), response.text().await?);
    ensure!(status == 200, "{sql}: {text}");
    text.trim().parse().with_context(|| format!("{sql}: {text}"))
}
