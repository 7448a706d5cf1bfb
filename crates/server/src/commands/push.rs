//! `civicsense push`: writes a message, approves it as a second person, and tells how delivery goes.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};

/// Arguments of `push`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  civicsense push --title 公积金新政 --body 提取额度提高 --url /item/p-17 --followers need:p.home.fund
  civicsense push --title 测试 --body 你好 --visitor persona-new-parent     a try-out to one visitor
  civicsense push --title 台风预警 --body 请勿外出 --class emergency --devices")]
pub struct Args {
    /// Title, in Chinese.
    #[arg(long)]
    title: String,
    /// One or two sentences, in Chinese.
    #[arg(long)]
    body: String,
    /// Title, in English.
    #[arg(long, default_value = "")]
    title_en: String,
    /// One or two sentences, in English.
    #[arg(long, default_value = "")]
    body_en: String,
    /// Where it leads, on the portal.
    #[arg(long, default_value = "/")]
    url: String,
    /// `emergency`, `service`, `subscribed` or `suggested`.
    #[arg(long, default_value = "subscribed")]
    class: String,
    /// For who follows this: `need:p.home.fund`, `dept:…`, `column:…`, `region:…`; may be repeated.
    #[arg(long, value_name = "KIND:VALUE", group = "audience")]
    followers: Vec<String>,
    /// For everybody with a registered device.
    #[arg(long, group = "audience")]
    devices: bool,
    /// For one visitor.
    #[arg(long, group = "audience")]
    visitor: Option<String>,
    /// Code of the sending site; the first one unless told.
    #[arg(long, default_value = "")]
    site: String,
    /// Who writes it.
    #[arg(long, default_value = "editor")]
    author: String,
    /// Who approves it; never the author.
    #[arg(long, default_value = "reviewer")]
    reviewer: String,
    /// The running server.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    server: String,
    /// Its `http.admin_token`.
    #[arg(long, env = "CIVICSENSE_ADMIN_TOKEN", hide_env_values = true, default_value = "")]
    token: String,
    /// Seconds to wait for the outcome.
    #[arg(long, default_value_t = 10)]
    wait: u64,
}

/// Writes, approves, watches.
///
/// # Errors
/// A server that is away or refuses, with its problem document.
#[expect(clippy::print_stdout, reason = "the outcome is this command's output")]
pub async fn run(args: Args) -> anyhow::Result<()> {
    let audience = audience(&args)?;
    let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build()?;
    let draft = json!({
        "site": args.site, "author": args.author, "class": args.class, "url": args.url,
        "title": { "zh": args.title, "en": args.title_en },
        "body": { "zh": args.body, "en": args.body_en },
    });
    let written = call(&http, &args, "/v1/messages", Some(draft)).await?;
    let id = written["message_id"].as_str().context("the server gave no message id")?;
    let approval = json!({ "reviewer": args.reviewer, "audience": audience });
    let queued = call(&http, &args, &format!("/v1/messages/{id}/approve"), Some(approval)).await?;
    println!("message {id}: {} people, {} deliveries", queued["people"], queued["deliveries"]);
    for _ in 0..args.wait.max(1) {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let report = call(&http, &args, &format!("/v1/messages/{id}"), None).await?;
        let states = report["states"].as_array().cloned().unwrap_or_default();
        let waiting = |state: &Value| matches!(state["state"].as_str(), Some("queued" | "leased"));
        if !states.iter().any(waiting) || states.is_empty() {
            break;
        }
    }
    let report = call(&http, &args, &format!("/v1/messages/{id}"), None).await?;
    println!("{}", serde_json::to_string_pretty(&report["states"])?);
    Ok(())
}

fn audience(args: &Args) -> anyhow::Result<Value> {
    if let Some(visitor) = &args.visitor {
        return Ok(json!({ "to": "visitor", "visitor": visitor }));
    }
    if args.devices {
        return Ok(json!({ "to": "devices" }));
    }
    ensure!(!args.followers.is_empty(), "say for whom: --followers, --devices or --visitor");
    let mut targets = Vec::new();
    for follow in &args.followers {
        let Some((kind, value)) = follow.split_once(':') else {
            bail!("`{follow}` is not of the form KIND:VALUE");
        };
        targets.push(json!({ "type": kind, "value": value }));
    }
    Ok(json!({ "to": "followers", "targets": targets }))
}

async fn call(
    http: &reqwest::Client,
    args: &Args,
    path: &str,
    body: Option<Value>,
) -> anyhow::Result<Value> {
    let url = format!("{}{path}", args.server.trim_end_matches('/'));
    let mut request = match &body {
        Some(body) => http.post(&url).json(body),
        None => http.get(&url),
    };
    if !args.token.is_empty() {
        request = request.bearer_auth(&args.token);
    }
    let response = request.send().await.with_context(|| format!("no server at {}", args.server))?;
    let status = response.status();
    let answer: Value = response.json().await.context("the answer is not JSON")?;
    ensure!(status.is_success(), "{}", answer["detail"].as_str().unwrap_or("refused"));
    Ok(answer)
}
