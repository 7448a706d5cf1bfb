//! Tests of the import, on small files of our own and on the real catalogues where they are.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use flate2::Compression;
use flate2::write::GzEncoder;
use vocab::{Audience, Item, Text};

use super::*;
use crate::ItemFilter;

fn now() -> Timestamp {
    "2026-11-23T04:00:00Z".parse().unwrap()
}

fn taxonomy() -> Arc<Taxonomy> {
    let text = include_str!("../../../../models/taxonomy.toml");
    Arc::new(toml::from_str::<Taxonomy>(text).unwrap().check().unwrap())
}

struct Bench(Registry, ImportOptions);

impl Bench {
    async fn new() -> Self {
        let registry = Registry::memory().await.unwrap();
        let site = registry.ensure_site("one", Text::default(), "localhost", now()).await.unwrap();
        Self(registry, ImportOptions::new(site.id, taxonomy()))
    }

    async fn import(&self, file: impl Into<Vec<u8>>) -> Result<ImportSummary, RegistryError> {
        let file = std::io::Cursor::new(file.into());
        self.0.import_catalogue(file, self.1.clone(), now(), &mut |_| {}).await
    }

    async fn items(&self) -> Vec<Item> {
        self.0.items(&ItemFilter::default(), None, 10_000).await.unwrap().rows
    }
}

fn sums(summary: &ImportSummary) -> (u64, u64, u64, u64) {
    assert_eq!(
        summary.records,
        summary.created + summary.changed + summary.unchanged + summary.dead
    );
    (summary.created, summary.changed, summary.unchanged, summary.dead)
}

#[tokio::test]
async fn bad_lines_become_dead_letters_with_line_and_field_and_the_rest_goes_in() {
    let bench = Bench::new().await;
    let file = r#"{"id":"a","title":"一","date":"2024年3月5日","themes":["社会保障（社会保险、社会救助）","农民"],"objects":["自然人"],"price":3}

{"id":"b","title":7}
{"id":"c"
{"id":"d","name":"丁","date":"soon"}
[1]
{"id":"e"}
{"id":"a","title":"again"}
{"id":9,"title":"数","online":"是","limit":"30(自然日)"}"#;
    let summary = bench.import(file).await.unwrap();
    assert_eq!(sums(&summary), (2, 0, 0, 6));
    let letters: Vec<(u64, &str)> =
        summary.dead_letters.iter().map(|letter| (letter.line, letter.field.as_str())).collect();
    assert_eq!(letters, [(3, "title"), (4, ""), (5, "date"), (6, ""), (7, "title"), (8, "id")]);
    assert_eq!(summary.ignored_fields, [("price".to_owned(), 1)].into());
    assert_eq!(summary.unmapped_values, [("themes: 农民".to_owned(), 1)].into());
    let items = bench.items().await;
    let find = |id: &str| items.iter().find(|item| item.id.as_str() == id).unwrap();
    assert_eq!(
        find("a").published_at,
        "2024-03-04T16:00:00Z".parse().unwrap(),
        "midnight in Shanghai"
    );
    assert_eq!(
        (find("a").audience, &find("a").themes[..]),
        (Audience::Natural, &["N085".to_owned()][..])
    );
    let service = find("9").service.clone().unwrap();
    assert!(service.online && service.legal_days == 21 && find("9").kind == ItemKind::Service);
    assert_eq!(find("9").published_at, now());
    assert_eq!(sums(&bench.import(file).await.unwrap()), (0, 0, 2, 6));
}

#[tokio::test]
async fn a_wrong_column_is_named_with_the_known_ones_and_nothing_goes_in() {
    let bench = Bench::new().await;
    let error = bench.import("标题,部门,价格\n一,二,三\n").await.unwrap_err().to_string();
    assert!(error.starts_with("column 价格 is not known") && error.contains("事项名称"), "{error}");
    let error = bench.import("标题,网址,网址\n一,二,三\n").await.unwrap_err().to_string();
    assert!(error.contains("two columns are called 网址"), "{error}");
    let error = bench.import("编号,部门\n1,二\n").await.unwrap_err().to_string();
    assert!(error.starts_with("no column is the title") && error.contains("事项名称"), "{error}");
    assert!(bench.items().await.is_empty());
    let good = "\u{feff}标题,部门,发文字号,是否收费\n\"一,\n二\",局,粤〔2026〕1号,否\n三,局\n四,局,,也许\n";
    let summary = bench.import(good).await.unwrap();
    assert_eq!((summary.format, sums(&summary)), (Some(Format::Csv), (1, 0, 0, 2)));
    let letters: Vec<_> = summary.dead_letters.iter().map(|l| (l.line, l.field.as_str())).collect();
    assert_eq!(letters, [(4, ""), (5, "是否收费")]);
    assert_eq!(bench.items().await[0].title.zh, "一,\n二");
}

#[tokio::test]
async fn feeds_and_sitemaps_come_in_and_other_xml_does_not() {
    let bench = Bench::new().await;
    let rss = r#"<?xml version="1.0"?><rss version="2.0"><channel><title>t</title><link>https://c.example/</link><description>d</description>
        <item><title>停水&amp;停电</title><link>https://c.example/1.html</link><description>&lt;p&gt;明天&lt;/p&gt;</description><pubDate>Mon, 23 Nov 2026 01:02:03 GMT</pubDate><category>公用事业</category></item>
        <item><link>https://c.example/2.html</link></item></channel></rss>"#;
    let summary = bench.import(rss).await.unwrap();
    assert_eq!((summary.format, sums(&summary)), (Some(Format::Feed), (1, 0, 0, 1)));
    let item = bench.items().await.remove(0);
    assert_eq!((item.title.zh.as_str(), item.summary.zh.as_str()), ("停水&停电", "明天"));
    assert_eq!(
        (&item.themes[..], item.url.as_str()),
        (&["L160".to_owned(), "N140".to_owned()][..], "https://c.example/1.html")
    );
    assert_eq!(item.published_at, "2026-11-23T01:02:03Z".parse().unwrap());

    let atom = r#"<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><id>x</id><updated>2026-01-01T00:00:00Z</updated>
        <entry><id>urn:1</id><title>政策</title><updated>2026-01-02T00:00:00Z</updated><link href="https://c.example/p"/></entry></feed>"#;
    assert_eq!(sums(&bench.import(atom).await.unwrap()), (1, 0, 0, 0));

    let sitemap = r#"<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
        <url><loc>https://c.example/zw/housing-fund.html</loc><lastmod>2026-02-03</lastmod></url>
        <url><loc>https://c.example/n</loc><news:news><news:title>新闻一</news:title><news:publication_date>2026-02-04</news:publication_date></news:news></url>
        <url><loc>not an address</loc></url></urlset>"#;
    let mut trusted = Bench(bench.0.clone(), bench.1.clone());
    trusted.1.review = ReviewState::Approved;
    let summary = trusted.import(sitemap).await.unwrap();
    assert_eq!((summary.format, sums(&summary)), (Some(Format::Sitemap), (2, 0, 0, 1)));
    let items = bench.items().await;
    let by_title = |title: &str| items.iter().find(|item| item.title.zh == title).unwrap();
    assert_eq!(
        by_title("housing fund").review,
        ReviewState::Draft,
        "a made-up title is not served"
    );
    assert_eq!(by_title("新闻一").review, ReviewState::Approved);

    let index =
        r#"<sitemapindex><sitemap><loc>https://c.example/1.xml</loc></sitemap></sitemapindex>"#;
    assert!(
        matches!(bench.import(index).await, Err(RegistryError::SitemapIndex(list)) if list.len() == 1)
    );
    for wrong in ["<html><body>", "", "\u{0}\u{1}\u{fffd}"] {
        assert!(
            matches!(bench.import(wrong).await, Err(RegistryError::NotACatalogue(_))),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn a_truncated_gzip_keeps_what_came_before_and_says_where_it_broke() {
    let bench = Bench::new().await;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    for number in 0..20_000 {
        let noise = number * 7_919 % 10_007;
        writeln!(gzip, "{{\"id\":\"{number}\",\"title\":\"标题{noise}\"}}").unwrap();
    }
    let mut bytes = gzip.finish().unwrap();
    bytes.truncate(bytes.len() / 2);
    let summary = bench.import(bytes).await.unwrap();
    assert!(summary.created > 5_000 && summary.created < 20_000);
    assert!(summary.stopped.unwrap().starts_with("line "));
    let array = bench
        .import(r#"[{"id":"x","title":"一"},{"id":"y","title":"二"},{"id":"z""#)
        .await
        .unwrap();
    assert_eq!((array.created, array.stopped.is_some()), (2, true));
    let two = bench.import(r#"[{"id":"x","title":"一"}] [{"id":"w","title":"三"}]"#).await.unwrap();
    assert_eq!((two.unchanged, two.stopped.is_some()), (1, true));

    // Short enough to be torn within what is looked at to guess the format.
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    for number in 0..40 {
        writeln!(gzip, "{{\"id\":\"s{number}\",\"title\":\"{}\"}}", number * 7_919 % 10_007)
            .unwrap();
    }
    let mut bytes = gzip.finish().unwrap();
    bytes.truncate(bytes.len() * 2 / 3);
    let short = bench.import(bytes).await.unwrap();
    assert!(short.stopped.is_some() && short.created > 0, "{short:?}");
}

#[tokio::test]
async fn a_truncated_feed_keeps_its_whole_entries_and_says_that_it_broke() {
    let bench = Bench::new().await;
    let feed = r#"<?xml version="1.0"?><rss version="2.0"><channel><title>t</title><link>https://c.example/</link><description>d</description>
        <item><title>一</title><link>https://c.example/1.html</link></item>
        <item><title>二</title><link>https://c.example/2.html</link><description>a or b</description></item></channel></rss>"#;
    for cut in [
        feed.find("二").unwrap(),
        feed.find("2.html</li").unwrap() + 10,
        feed.find("a or b").unwrap(),
    ] {
        let summary = bench.import(&feed[..cut]).await.unwrap();
        assert!(summary.stopped.is_some(), "{cut}");
        assert_eq!(bench.items().await.len(), 1, "{cut}");
    }
    let whole = bench.import(feed).await.unwrap();
    assert_eq!((whole.created, whole.unchanged, whole.stopped), (1, 1, None));
}

#[tokio::test]
async fn an_id_of_another_site_is_a_dead_letter_and_not_a_theft() {
    let bench = Bench::new().await;
    bench.import(r#"{"id":"a","title":"一"}"#).await.unwrap();
    let other = bench.0.ensure_site("two", Text::default(), "two", now()).await.unwrap();
    let second = Bench(bench.0.clone(), ImportOptions::new(other.id, taxonomy()));
    let summary = second
        .import("{\"id\":\"a\",\"title\":\"二\"}\n{\"id\":\"b\",\"title\":\"三\"}")
        .await
        .unwrap();
    assert_eq!(sums(&summary), (1, 0, 0, 1));
    assert!(summary.dead_letters[0].reason.contains("another site"));
    assert_eq!(bench.0.item(&"a".into()).await.unwrap().unwrap().title.zh, "一");
}

fn data(name: &str) -> Option<PathBuf> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/catalogue");
    let path = PathBuf::from(root).join(name);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

async fn real(name: &str, kind: Option<ItemKind>) -> Option<(Bench, ImportSummary)> {
    let path = data(name)?;
    let mut bench = Bench::new().await;
    bench.1.kind = kind;
    bench.1.review = ReviewState::Approved;
    let begun = Instant::now();
    let mut seen = ImportProgress::default();
    let file = std::fs::File::open(&path).unwrap();
    let summary = bench
        .0
        .import_catalogue(file, bench.1.clone(), now(), &mut |progress| seen = progress)
        .await
        .unwrap();
    println!("{name}: {} records in {:?}", summary.records, begun.elapsed());
    assert_eq!(seen.records, summary.records);
    let file = std::fs::File::open(&path).unwrap();
    let again = bench.0.import_catalogue(file, bench.1.clone(), now(), &mut |_| {}).await.unwrap();
    assert_eq!((again.created, again.changed), (0, 0), "importing again changes nothing");
    assert_eq!((again.unchanged, again.dead), (summary.created, summary.dead));
    Some((bench, summary))
}

#[tokio::test]
async fn the_matters_of_guangdong_come_in_whole() {
    let Some((bench, summary)) = real("gd-matters.jsonl", None).await else { return };
    assert_eq!(sums(&summary), (2_262, 0, 0, 0));
    assert!(summary.ignored_fields.is_empty() && summary.stopped.is_none(), "{summary:?}");
    let items = bench.items().await;
    assert!(items.iter().all(|item| item.kind == ItemKind::Service && item.is_servable()));
    assert!(items.iter().all(|item| !item.dept.is_empty() && !item.body.is_empty()));
    let themed = items.iter().filter(|item| !item.themes.is_empty()).count();
    assert!(themed > 1_800, "{themed}");
    let online = items.iter().filter(|item| item.service.as_ref().unwrap().online).count();
    assert_eq!(online, 2_196);
    assert_eq!(items.iter().filter(|item| item.region == "440000").count(), 2_024);
}

#[tokio::test]
async fn the_matters_of_a_district_come_in_whole() {
    let Some((bench, summary)) = real("guangan-matters.json", Some(ItemKind::Service)).await else {
        return;
    };
    assert_eq!((summary.format, sums(&summary)), (Some(Format::JsonArray), (1_135, 0, 0, 0)));
    assert_eq!(summary.ignored_fields, [("main".to_owned(), 1_135)].into());
    let items = bench.items().await;
    assert!(
        items.iter().all(|item| item.kind == ItemKind::Service && item.url.starts_with("http"))
    );
}

#[tokio::test]
async fn the_laws_come_in_as_policies() {
    let Some((bench, summary)) = real("laws.jsonl.gz", Some(ItemKind::Policy)).await else {
        return;
    };
    assert_eq!(sums(&summary), (3_475, 0, 0, 0));
    let items = bench.items().await;
    assert!(items.iter().all(|item| item.kind == ItemKind::Policy));
    let law = items.iter().find(|item| item.id.as_str() == "b34dd55efa0d").unwrap();
    assert_eq!(law.aliases, ["刑法修正案（十二）"]);
    assert_eq!(law.published_at, "2023-12-28T16:00:00Z".parse().unwrap());
}
